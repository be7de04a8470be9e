use expect_test::expect;
use refrain_testkit::check;

#[test]
fn the_same_request_starts_one_run() {
    check(
        r#"
         0s start order "1" request=a
            guest -
            guest complete "done"
         1s start order "1" request=a
         2s start order "2" request=b
         3s start order "2" request=b conflict=use
         4s signal go
         5s start order "1" request=a
        "#,
        expect![[r#"
            1          0s  execution started order "1" queue=orders
            2-4        0s  task completed
            5          4s  signal go received
            6-8        4s  task completed
            9          4s  execution completed "done"
            at 1s  its own run
            at 2s  refused: already started
            at 3s  existing run
            at 5s  its own run
        "#]],
    );
}

#[test]
fn an_id_is_used_again_after_the_end_as_its_policy_says() {
    check(
        r#"
         0s start order
            guest complete "done"
         1s start order reuse=reject
         2s start order reuse=failed-only
         3s start order reuse=allow
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  execution completed "done"
            next run
            1          3s  execution started order queue=orders
            2-4        3s  task completed
            5          3s  execution completed "done"
            at 1s  refused: already started
            at 2s  refused: already started
        "#]],
    );
}

#[test]
fn an_id_whose_run_failed_is_free_for_those_who_only_repeat_failures() {
    check(
        r#"
         0s start order
            guest fail "no"
         1s start order reuse=reject
         2s start order reuse=failed-only
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  execution failed "no"
            next run
            1          2s  execution started order queue=orders
            2-4        2s  task completed
            5          2s  execution failed "no"
            at 1s  refused: already started
        "#]],
    );
}

#[test]
fn a_start_may_end_the_run_that_is_in_its_way() {
    check(
        r#"
         0s start order "1"
            guest timer 10s, activity charge work=60s
            guest complete seen
         1s take charge
         5s start order "2" conflict=terminate
         6s done charge "paid"
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order "1" queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6          0s  activity charge (2) scheduled
            7          5s  execution terminated "TerminateIfRunning WorkflowIdReusePolicy"
            next run
            1          5s  execution started order "2" queue=orders
            2-4        5s  task completed
            5          5s  timer 1 started 10s
            6          5s  activity charge (2) scheduled
            7         15s  timer 1 fired
            8-10      15s  task completed
            11        15s  execution completed "start order; timer 1 fired"
            at 6s  refused: activity task not found
        "#]],
    );
}

#[test]
fn a_start_that_is_put_off_begins_when_its_wait_is_over() {
    check(
        r#"
         0s start order backoff=10s run-timeout=20s
            guest timer 60s
         5s query seen
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4       10s  task completed
            5         10s  timer 1 started 1m
            6         30s  execution timed out
            at 5s  seen: can't be queried
        "#]],
    );
}

#[test]
fn a_run_ends_when_the_time_of_its_execution_is_over() {
    check(
        r#"
         0s start order run-timeout=30s timeout=20s
            guest timer 60s
        99s signal a
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6         20s  execution timed out Timeout
            at 1m39s  refused: workflow execution already completed
        "#]],
    );
}
