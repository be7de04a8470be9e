use expect_test::expect;
use refrain_testkit::check;

#[test]
fn signals_reach_the_guest_once_and_in_their_order() {
    check(
        r#"
         0s start order
            guest -
            guest timer 5s
            guest -
            guest -
            guest complete seen
         1s signal a "1"
         2s signal b "2" request=r1
         3s signal b "2" request=r1
         8s signal c
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal a received "1"
            6-8        1s  task completed
            9          1s  timer 1 started 5s
            10         2s  signal b received "2"
            11-13      2s  task completed
            14         6s  timer 1 fired
            15-17      6s  task completed
            18         8s  signal c received
            19-21      8s  task completed
            22         8s  execution completed "start order; signal a; signal b; timer 1 fired; signal c"
        "#]],
    );
}

#[test]
fn a_signal_to_nobody_is_refused() {
    check(
        r#"
         1s signal a
         2s query seen
         3s cancel
         4s terminate "why"
        "#,
        expect![[r#"
            at 1s  refused: no such workflow
            at 2s  refused: no such workflow
            at 3s  refused: no such workflow
            at 4s  refused: no such workflow
        "#]],
    );
}

#[test]
fn a_closed_run_takes_no_signal_but_answers_queries() {
    check(
        r#"
         0s start order
            guest complete "done"
         1s signal a
         2s query seen
         3s query nothing
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  execution completed "done"
            at 1s  refused: workflow execution already completed
            at 2s  seen: "start order"
            at 3s  nothing: no query is called `nothing`: there is `seen`
        "#]],
    );
}

#[test]
fn a_signal_waits_for_a_first_task_that_is_put_off() {
    check(
        r#"
         0s start order backoff=10s
            guest -
            guest complete seen
         5s signal a
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          5s  signal a received
            3-5       10s  task completed
            6         10s  execution completed "start order; signal a"
        "#]],
    );
}

#[test]
fn what_a_guest_publishes_is_kept() {
    check(
        r#"
         0s start order
            guest publish step "first", publish by "me"
            guest publish step "second"
         1s signal go
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal go received
            6-8        1s  task completed
            Running
            by is "me"
            step is "second"
        "#]],
    );
}
