use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_cancel_is_a_message_that_the_guest_may_follow() {
    check(
        r#"
         0s start order
            guest timer 60s
            guest cancel 1
            guest fail canceled
         5s cancel "too slow"
         6s cancel
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6          5s  cancel requested too slow
            7-9        5s  task completed
            10         5s  timer 1 canceled
            11         5s  execution canceled
        "#]],
    );
}

#[test]
fn a_cancel_is_a_message_that_the_guest_may_ignore() {
    check(
        r#"
         0s start order
            guest timer 60s
            guest -
            guest complete seen
         5s cancel "too slow"
         6s cancel "again"
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6          5s  cancel requested too slow
            7-9        5s  task completed
            10         1m  timer 1 fired
            11-13      1m  task completed
            14         1m  execution completed "start order; cancel too slow; timer 1 fired"
        "#]],
    );
}

#[test]
fn a_terminate_asks_nobody() {
    check(
        r#"
         0s start order
            guest timer 60s, activity charge work=60s
         1s take charge
         5s terminate "enough"
         6s beat charge
         7s done charge "paid"
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6          0s  activity charge (2) scheduled
            7          5s  execution terminated "enough"
            at 6s  refused: activity task not found
            at 7s  refused: activity task not found
        "#]],
    );
}

#[test]
fn a_tried_cancel_is_seen_at_once_and_the_worker_is_told() {
    check(
        r#"
         0s start order
            guest activity charge work=60s beat=30s
            guest cancel 1
            guest timer 60s
         1s take charge
         2s beat charge "not yet"
         3s signal give-up
         4s beat charge "now"
         5s give-up charge
         6s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          3s  signal give-up received
            7-9        3s  task completed
            10         3s  activity of 5 cancel requested
            11         3s  timer 2 started 1m
            12         1s  activity of 5 started, attempt 1 by w1
            13         5s  activity of 5 canceled
            14-16      5s  task completed
            Running
            at 4s  charge is asked to stop
            at 6s  seen: "start order; signal give-up; activity 1 Activity cancelled"
        "#]],
    );
}

#[test]
fn a_tried_cancel_of_an_activity_that_nobody_took_closes_it() {
    check(
        r#"
         0s start order
            guest activity charge work=60s
            guest cancel 1
         3s signal give-up
         4s take charge
         5s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          3s  signal give-up received
            7-9        3s  task completed
            10         3s  activity of 5 cancel requested
            11         3s  activity of 5 canceled
            12-14      3s  task completed
            Running
            at 4s  nothing to take
            at 5s  seen: "start order; signal give-up; activity 1 Activity cancelled"
        "#]],
    );
}

#[test]
fn a_waited_cancel_is_seen_when_the_worker_gives_up() {
    check(
        r#"
         0s start order
            guest activity charge work=60s wait-cancel
            guest cancel 1
            guest complete seen
         1s take charge
         3s signal give-up
         4s query seen
         5s give-up charge
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          3s  signal give-up received
            7-9        3s  task completed
            10         3s  activity of 5 cancel requested
            11         1s  activity of 5 started, attempt 1 by w1
            12         5s  activity of 5 canceled
            13-15      5s  task completed
            16         5s  execution completed "start order; signal give-up; activity 1 Activity cancelled"
            at 4s  seen: "start order; signal give-up"
        "#]],
    );
}

#[test]
fn a_waited_cancel_of_an_activity_that_backs_off_ends_it() {
    check(
        r#"
         0s start order
            guest activity charge retry=60s wait-cancel
            guest cancel 1
            guest complete seen
         1s take charge
         2s fail charge "no network"
         3s signal give-up
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          3s  signal give-up received
            7-9        3s  task completed
            10         3s  activity of 5 cancel requested
            11         3s  activity of 5 canceled
            12-14      3s  task completed
            15         3s  execution completed "start order; signal give-up; activity 1 Activity cancelled"
        "#]],
    );
}

#[test]
fn an_abandoned_activity_goes_on_unheard() {
    check(
        r#"
         0s start order
            guest activity charge work=60s abandon
            guest cancel 1
         1s take charge
         3s signal give-up
         4s beat charge
         5s done charge "paid"
         6s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          3s  signal give-up received
            7-9        3s  task completed
            10         1s  activity of 5 started, attempt 1 by w1
            11         5s  activity of 5 completed "paid"
            12-14      5s  task completed
            Running
            at 6s  seen: "start order; signal give-up; activity 1 Activity cancelled"
        "#]],
    );
}

#[test]
fn an_attempt_that_fails_after_the_cancel_is_the_last() {
    check(
        r#"
         0s start order
            guest activity charge work=60s wait-cancel
            guest cancel 1
            guest complete seen
         1s take charge
         3s signal give-up
         4s fail charge "broke while stopping"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          3s  signal give-up received
            7-9        3s  task completed
            10         3s  activity of 5 cancel requested
            11         1s  activity of 5 started, attempt 1 by w1
            12         4s  activity of 5 failed "broke while stopping" CancelRequested
            13-15      4s  task completed
            16         4s  execution completed "start order; signal give-up; activity 1 Activity task failed: broke while stopping"
        "#]],
    );
}

#[test]
fn a_cancel_begins_a_run_that_waits_for_its_first_task() {
    check(
        r#"
         0s start order backoff=10s
            guest timer 60s
            guest fail canceled
         5s cancel "not needed"
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          5s  cancel requested not needed
            3-5        5s  task completed
            6          5s  timer 1 started 1m
            7          5s  execution canceled
        "#]],
    );
}
