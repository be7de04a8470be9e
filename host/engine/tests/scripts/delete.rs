use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_closed_run_that_is_deleted_is_gone_and_its_id_is_free() {
    check(
        r#"
         0s start order reuse=reject
            guest complete "ok"
         1s start order reuse=reject
         2s delete
         3s query seen
         4s signal more
         5s delete
         6s start order reuse=reject
        "#,
        expect![[r#"
            gone
            next run
            1          6s  execution started order queue=orders
            2-4        6s  task completed
            5          6s  execution completed "ok"
            at 1s  refused: already started
            at 3s  refused: no such workflow
            at 4s  refused: no such workflow
            at 5s  refused: no such workflow
        "#]],
    );
}

#[test]
fn an_open_run_is_terminated_before_it_is_deleted_and_its_worker_learns_of_it() {
    check(
        r#"
         0s start order
            guest activity charge work=60s, timer 30s
         1s take charge
         2s delete
         3s beat charge
         4s done charge "paid"
        60s -
        61s start order
        "#,
        expect![[r#"
            gone
            next run
            1        1m1s  execution started order queue=orders
            2-4      1m1s  task completed
            5        1m1s  activity charge (1) scheduled
            6        1m1s  timer 2 started 30s
            Running
            activity charge, attempt 1, waits since 1m1s
            at 3s  refused: no such workflow
            at 4s  refused: no such workflow
        "#]],
    );
}

#[test]
fn the_run_before_is_the_latest_once_the_latest_is_deleted() {
    check(
        r#"
         0s start order request=r1
            guest complete seen
         1s start order request=r2
         2s delete
         3s query seen
         4s start order request=r1
         5s delete
         6s query seen
        "#,
        expect![[r#"
            gone
            next run
            gone
            at 3s  seen: "start order"
            at 4s  its own run
            at 6s  refused: no such workflow
        "#]],
    );
}

#[test]
fn a_closed_run_is_kept_for_as_long_as_its_namespace_says() {
    check(
        r#"
         0s start order
            guest timer 60s
            guest complete seen
        1d -
        1d1m query seen
        1d2m1ms query seen
        "#,
        expect![[r#"
            gone
            at 1d1m  seen: "start order; timer 1 fired"
            at 1d2m1ms  refused: no such workflow
        "#]],
    );
}

#[test]
fn an_open_run_is_kept_however_old_it_is() {
    check(
        r#"
         0s start order
            guest timer 30d
        40d query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30d
            6         30d  timer 1 fired
            7-9       30d  task completed
            Running
            at 40d  seen: "start order; timer 1 fired"
        "#]],
    );
}
