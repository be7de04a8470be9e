use expect_test::expect;
use refrain_testkit::check;

#[test]
fn what_arrives_while_a_run_is_paused_is_recorded_and_shown_to_the_guest_afterwards() {
    check(
        r#"
         0s start order
            guest timer 30s
            guest -
            guest complete seen
         5s pause "look first" request=p1
         6s signal more "1"
         7s query seen
        30s -
        40s unpause "go on" request=u1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          5s  execution paused look first
            7          6s  signal more received "1"
            8         30s  timer 1 fired
            9         40s  execution unpaused go on
            10-12     40s  task completed
            13        40s  execution completed "start order; signal more; timer 1 fired"
            at 7s  seen: "start order"
        "#]],
    );
}

#[test]
fn no_attempt_begins_while_a_run_is_paused_and_one_that_is_under_way_ends() {
    check(
        r#"
         0s start order
            guest activity charge work=60s, activity ship queue=ship work=60s retry=5s
            guest -
            guest complete seen
         1s take ship
         2s pause
         3s take charge
         4s fail ship "no network"
        20s take ship
        21s unpause
        22s take ship
        23s take charge
        24s done ship "sent"
        25s done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  activity ship (2) scheduled
            7          2s  execution paused
            8         21s  execution unpaused
            9         22s  activity of 6 started, attempt 2 by w1, after "no network"
            10        24s  activity of 6 completed "sent"
            11-13     24s  task completed
            14        23s  activity of 5 started, attempt 1 by w1
            15        25s  activity of 5 completed "paid"
            16-18     25s  task completed
            19        25s  execution completed "start order; activity 2 'sent'; activity 1 'paid'"
            at 3s  nothing to take
            at 20s  nothing to take
        "#]],
    );
}

#[test]
fn a_cancel_of_a_paused_run_is_followed_once_it_is_unpaused() {
    check(
        r#"
         0s start order
            guest timer 60s
            guest fail canceled
         5s pause
         6s cancel "too slow"
         7s cancel "too slow"
         9s unpause
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6          5s  execution paused
            7          6s  cancel requested too slow
            8          9s  execution unpaused
            9-11       9s  task completed
            12         9s  execution canceled
        "#]],
    );
}

#[test]
fn a_paused_run_can_be_terminated() {
    check(
        r#"
         0s start order
            guest activity charge work=60s
         5s pause
         6s terminate "enough"
         7s unpause
         8s pause
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          5s  execution paused
            7          6s  execution terminated "enough"
            at 7s  refused: workflow execution already completed
            at 8s  refused: workflow execution already completed
        "#]],
    );
}

#[test]
fn a_paused_run_still_times_out() {
    check(
        r#"
         0s start order run-timeout=10s
            guest timer 60s
         5s pause
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1m
            6          5s  execution paused
            7         10s  execution timed out
        "#]],
    );
}

#[test]
fn pausing_twice_is_refused_unless_it_is_the_same_request() {
    check(
        r#"
         0s start order
         1s unpause
         2s pause request=p1
         3s pause request=p1
         4s pause request=p2
         5s unpause request=u1
         6s unpause request=u1
         7s unpause request=u2
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          2s  execution paused
            6          5s  execution unpaused
            Running
            at 1s  refused: workflow is not paused.
            at 4s  refused: workflow is already paused.
            at 7s  refused: workflow is not paused.
        "#]],
    );
}

#[test]
fn the_wait_before_the_first_task_may_end_during_a_pause() {
    check(
        r#"
         0s start order backoff=10s
            guest complete seen
         5s pause
        20s signal more
        30s unpause
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          5s  execution paused
            3         20s  signal more received
            4         30s  execution unpaused
            5-7       30s  task completed
            8         30s  execution completed "start order"
        "#]],
    );
}

#[test]
fn the_wait_before_the_first_task_may_outlast_a_pause() {
    check(
        r#"
         0s start order backoff=10s
            guest complete seen
         5s pause
         6s signal more
         7s unpause
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          5s  execution paused
            3          6s  signal more received
            4          7s  execution unpaused
            5-7       10s  task completed
            8         10s  execution completed "start order"
        "#]],
    );
}

#[test]
fn a_task_that_fails_is_not_tried_while_the_run_is_paused_and_at_once_afterwards() {
    check(
        r#"
         0s start order
            guest trap
        500ms pause
        40s -
        41s deploy
            guest complete "ok"
        42s unpause
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5       500ms  execution paused
            6         42s  execution unpaused
            7-9       42s  task completed
            10        42s  execution completed "ok"
        "#]],
    );
}
