//! Runs with clocks of their own. All times of a history are its run's.

use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_run_that_waits_for_nothing_but_time_does_not_wait() {
    check(
        r#"
         0s start order skip=on
            guest timer 30d
            guest timer 1h
            guest complete seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200
            2-4        0s  task completed
            5          0s  timer 1 started 30d
            6          0s  time skipped to 30d
            7         30d  timer 1 fired
            8-10      30d  task completed
            11        30d  timer 2 started 1h
            12        30d  time skipped to 30d1h
            13      30d1h  timer 2 fired
            14-16   30d1h  task completed
            17      30d1h  execution completed "start order; timer 1 fired; timer 2 fired"
        "#]],
    );
}

#[test]
fn the_wait_before_the_first_task_and_the_runs_time_limit_are_skipped_to() {
    check(
        r#"
         0s start order skip=on backoff=1h run-timeout=1d
            guest -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200
            2          0s  time skipped to 1h
            3-5        1h  task completed
            6          1h  time skipped to 1d1h
            7        1d1h  execution timed out
        "#]],
    );
}

#[test]
fn what_is_due_first_is_skipped_to_first() {
    check(
        r#"
         0s start order skip=on
            guest timer 30s, timer 10s, timer 20s
            guest cancel 1, timer 5s
            guest -
            guest complete seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          0s  timer 2 started 10s
            7          0s  timer 3 started 20s
            8          0s  time skipped to 10s
            9         10s  timer 2 fired
            10-12     10s  task completed
            13        10s  timer 1 canceled
            14        10s  timer 4 started 5s
            15        10s  time skipped to 15s
            16        15s  timer 4 fired
            17-19     15s  task completed
            20        15s  execution completed "start order; timer 2 fired; timer 1 canceled; timer 4 fired"
        "#]],
    );
}

#[test]
fn while_something_else_is_under_way_time_passes_as_the_hosts_does() {
    check(
        r#"
         0s start order skip=on
            guest activity charge, timer 1h, timer 4s
            guest -
            guest -
            guest complete seen
         2s take charge
         5s query seen
         6s done charge "paid"
         7s signal late
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  timer 2 started 1h
            7          0s  timer 3 started 4s
            8          4s  timer 3 fired
            9-11       4s  task completed
            12         2s  activity of 5 started, attempt 1 by w1
            13         6s  activity of 5 completed "paid"
            14-16      6s  task completed
            17         6s  time skipped to 1h
            18         1h  timer 2 fired
            19-21      1h  task completed
            22         1h  execution completed "start order; timer 3 fired; activity 1 'paid'; timer 2 fired"
            at 5s  seen: "start order; timer 3 fired"
            at 7s  refused: workflow execution already completed
        "#]],
    );
}

#[test]
fn an_activity_after_a_skip_has_the_runs_times_in_history_and_the_hosts_in_its_limits() {
    check(
        r#"
         0s start order skip=on run-timeout=2d
            guest timer 1d
            guest activity charge work=10s attempts=1
            guest complete seen
         1s take charge
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200
            2-4        0s  task completed
            5          0s  timer 1 started 1d
            6          0s  time skipped to 1d
            7          1d  timer 1 fired
            8-10       1d  task completed
            11         1d  activity charge (2) scheduled
            12       1d1s  activity of 11 started, attempt 1 by w1
            13      1d11s  activity of 11 timed out, TemporalTimeout:StartToClose, MaximumAttemptsReached
            14-16   1d11s  task completed
            17      1d11s  execution completed "start order; timer 1 fired; activity 2 Activity task timed out: StartToClose"
        "#]],
    );
}

#[test]
fn a_signal_finds_the_runs_own_time() {
    check(
        r#"
         0s start order skip=on
            guest timer 1h
            guest -
            guest complete seen
         9s signal go
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200
            2-4        0s  task completed
            5          0s  timer 1 started 1h
            6          0s  time skipped to 1h
            7          1h  timer 1 fired
            8-10       1h  task completed
            11       1h9s  signal go received
            12-14    1h9s  task completed
            15       1h9s  execution completed "start order; timer 1 fired; signal go"
        "#]],
    );
}

#[test]
fn a_session_ends_with_its_last_skip_and_begins_again_when_it_is_asked_for() {
    check(
        r#"
         0s start order skip=on,most:2
            guest timer 1h
            guest timer 1h
            guest timer 1h
            guest timer 1h
            guest complete seen
         9s run-options priority=1
        10s run-options skip=on,most:1
        2h -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 2
            2-4        0s  task completed
            5          0s  timer 1 started 1h
            6          0s  time skipped to 1h
            7          1h  timer 1 fired
            8-10       1h  task completed
            11         1h  timer 2 started 1h
            12         1h  time skipped to 2h
            13         2h  timer 2 fired
            14-16      2h  task completed
            17         2h  timer 3 started 1h
            18       2h9s  execution options updated priority 1
            19      2h10s  execution options updated priority 1, skips 1
            20      2h10s  time skipped to 3h
            21         3h  timer 3 fired
            22-24      3h  task completed
            25         3h  timer 4 started 1h
            26         4h  timer 4 fired
            27-29      4h  task completed
            30         4h  execution completed "start order; timer 1 fired; timer 2 fired; timer 3 fired; timer 4 fired"
        "#]],
    );
}

#[test]
fn time_is_skipped_from_when_it_is_asked_for_until_it_is_not_any_more() {
    check(
        r#"
         0s start order
            guest timer 30d
            guest timer 1h
            guest complete seen
         5s run-options skip=off
         6s run-options skip=on
         7s signal one
         8s run-options skip=none
         9s signal two
        2h -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30d
            6          5s  execution options updated does not skip 200
            7          6s  execution options updated skips 200
            8          6s  time skipped to 30d
            9         30d  timer 1 fired
            10-12     30d  task completed
            13        30d  timer 2 started 1h
            14        30d  time skipped to 30d1h
            15      30d1h  timer 2 fired
            16-18   30d1h  task completed
            19      30d1h  execution completed "start order; timer 1 fired; timer 2 fired"
            at 7s  refused: workflow execution already completed
            at 8s  refused: workflow execution already completed
            at 9s  refused: workflow execution already completed
        "#]],
    );
}

#[test]
fn a_fast_forward_ends_at_its_time_and_another_one_goes_on_from_there() {
    check(
        r#"
         0s start order skip=on,forward:a:1h
            guest timer 90m
            guest complete seen
        10s run-options skip=on,forward:b:10m
        20s run-options skip=on,forward:c:1h
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200 forward a 1h
            2-4        0s  task completed
            5          0s  timer 1 started 1h30m
            6          0s  fast-forward over, time skipped to 1h
            7       1h10s  execution options updated skips 200 forward b 10m
            8       1h10s  fast-forward over, time skipped to 1h10m10s
            9      1h10m20s  execution options updated skips 200 forward c 1h
            10     1h10m20s  time skipped to 1h30m
            11      1h30m  timer 1 fired
            12-14   1h30m  task completed
            15      1h30m  execution completed "start order; timer 1 fired"
        "#]],
    );
}

#[test]
fn a_fast_forward_ends_by_itself_while_something_else_is_under_way() {
    check(
        r#"
         0s start order skip=on,forward:a:10s
            guest activity charge work=60s, timer 1h
            guest -
         1s take charge
         2s run-options skip=on,forward:b:10s
        20s done charge "paid"
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200 forward a 10s
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  timer 2 started 1h
            7          2s  execution options updated skips 200 forward b 10s
            8         12s  fast-forward over
            9          1s  activity of 5 started, attempt 1 by w1
            10        20s  activity of 5 completed "paid"
            11-13     20s  task completed
            Running
        "#]],
    );
}

#[test]
fn a_run_that_waits_for_nothing_is_forwarded_to_the_end_of_its_fast_forward() {
    check(
        r#"
         0s start order skip=on,forward:a:1h
            guest -
            guest timer 1s
            guest complete seen
         5s signal go
         9s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200 forward a 1h
            2-4        0s  task completed
            5          0s  fast-forward over, time skipped to 1h
            6        1h5s  signal go received
            7-9      1h5s  task completed
            10       1h5s  timer 1 started 1s
            11       1h6s  timer 1 fired
            12-14    1h6s  task completed
            15       1h6s  execution completed "start order; signal go; timer 1 fired"
        "#]],
    );
}

#[test]
fn the_next_run_of_a_chain_goes_on_with_the_clock_and_the_session() {
    check(
        r#"
         0s start order skip=on,most:3,forward:a:150m attempts=4 retry=1h
            guest timer 10m
            guest fail "no"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 3 forward a 2h30m
            2-4        0s  task completed
            5          0s  timer 1 started 10m
            6          0s  time skipped to 10m
            7         10m  timer 1 fired
            8-10      10m  task completed
            11        10m  execution failed "no" InProgress, next run
            next run
            1         10m  execution started order queue=orders, attempt 2, skips 3 forward a 2h30m, ahead 10m in 1h, after "no"
            2         10m  time skipped to 1h10m
            3-5     1h10m  task completed
            6       1h10m  timer 1 started 10m
            7       1h10m  time skipped to 1h20m
            8       1h20m  timer 1 fired
            9-11    1h20m  task completed
            12      1h20m  execution failed "no" InProgress, next run
            next run
            1       1h20m  execution started order queue=orders, attempt 3, ahead 1h20m in 2h, after "no"
            Running
        "#]],
    );
}

#[test]
fn a_cron_chain_skips_from_time_to_time_until_its_session_is_spent() {
    check(
        r#"
         0s start order skip=on,most:5 cron=0_0_*_*_*
            guest timer 1h
            guest complete seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, by cron, skips 5 in 1d
            2          0s  time skipped to 1d
            3-5        1d  task completed
            6          1d  timer 1 started 1h
            7          1d  time skipped to 1d1h
            8        1d1h  timer 1 fired
            9-11     1d1h  task completed
            12       1d1h  execution completed "start order; timer 1 fired", next run
            next run
            1        1d1h  execution started order queue=orders, by cron, skips 5, ahead 1d1h in 23h, last result "start order; timer 1 fired"
            2        1d1h  time skipped to 2d
            3-5        2d  task completed
            6          2d  timer 1 started 1h
            7          2d  time skipped to 2d1h
            8        2d1h  timer 1 fired
            9-11     2d1h  task completed
            12       2d1h  execution completed "start order; timer 1 fired", next run
            next run
            1        2d1h  execution started order queue=orders, by cron, skips 5, ahead 2d1h in 23h, last result "start order; timer 1 fired"
            2        2d1h  time skipped to 3d
            3-5        3d  task completed
            6          3d  timer 1 started 1h
            Running
        "#]],
    );
}

#[test]
fn a_child_begins_at_its_parents_time_and_skips_time_by_itself() {
    check(
        r#"
         0s start order skip=on,most:9
            guest timer 1h
            guest child ship, timer 2h
            guest -
            guest -
            guest complete seen
            guest:ship timer 1d
            guest:ship complete seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 9
            2-4        0s  task completed
            5          0s  timer 1 started 1h
            6          0s  time skipped to 1h
            7          1h  timer 1 fired
            8-10       1h  task completed
            11         1h  child ship ship initiated
            12         1h  timer 3 started 2h
            13         1h  child of 11 started
            14-16      1h  task completed
            17         1h  child of 11 completed "start ship; timer 1 fired"
            18-20      1h  task completed
            21         1h  time skipped to 3h
            22         3h  timer 3 fired
            23-25      3h  task completed
            26         3h  execution completed "start order; timer 1 fired; child 2 started ship; child 2 'start ship; timer 1 fired'; timer 3 fired"
            workflow ship
            1          1h  execution started ship queue=orders, skips 9, ahead 1h
            2-4        1h  task completed
            5          1h  timer 1 started 1d
            6          1h  time skipped to 1d1h
            7        1d1h  timer 1 fired
            8-10     1d1h  task completed
            11       1d1h  execution completed "start ship; timer 1 fired"
        "#]],
    );
}

#[test]
fn a_child_of_a_run_that_skips_alone_begins_at_its_time_and_takes_its_own() {
    check(
        r#"
         0s start order skip=on,alone
            guest timer 1h
            guest child ship
            guest -
            guest complete seen
            guest:ship timer 10s
            guest:ship complete seen
         5s -
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200 alone
            2-4        0s  task completed
            5          0s  timer 1 started 1h
            6          0s  time skipped to 1h
            7          1h  timer 1 fired
            8-10       1h  task completed
            11         1h  child ship ship initiated
            12         1h  child of 11 started
            13-15      1h  task completed
            16      1h10s  child of 11 completed "start ship; timer 1 fired"
            17-19   1h10s  task completed
            20      1h10s  execution completed "start order; timer 1 fired; child 2 started ship; child 2 'start ship; timer 1 fired'"
            workflow ship
            1          1h  execution started ship queue=orders, ahead 1h
            2-4        1h  task completed
            5          1h  timer 1 started 10s
            6       1h10s  timer 1 fired
            7-9     1h10s  task completed
            10      1h10s  execution completed "start ship; timer 1 fired"
        "#]],
    );
}

#[test]
fn a_paused_run_and_one_that_is_stuck_skip_nothing() {
    check(
        r#"
         0s start order
            guest timer 1h, timer 2h
            guest trap
         1s pause
         2s run-options skip=on
         3s unpause
         4s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 1h
            6          0s  timer 2 started 2h
            7          1s  execution paused
            8          2s  execution options updated skips 200
            9          3s  execution unpaused
            10         3s  time skipped to 1h
            11         1h  timer 1 fired
            12-14      1h  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            Running
            task failed 2 times, again at 6s: [W0201] guest failed: the script says `trap`
        "#]],
    );
}

#[test]
fn local_activities_are_waited_for() {
    check(
        r#"
            late-locals
         0s start order skip=on
            guest local look, timer 1h
            guest -
            guest complete seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 200
            2-4        0s  task completed
            5          0s  timer 2 started 1h
            6-8        0s  task completed
            9          0s  local activity look (1) completed , attempt 1
            10         0s  time skipped to 1h
            11         1h  timer 2 fired
            12-14      1h  task completed
            15         1h  execution completed "start order; activity 1 ; timer 2 fired"
        "#]],
    );
}

#[test]
fn a_reset_goes_on_with_the_clock_as_it_was_at_that_place() {
    check(
        r#"
         0s start order skip=on,most:1
            guest timer 1h
            guest timer 1h
            guest complete seen
        10s reset 9
        20s run-options skip=on
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, skips 1
            2-4        0s  task completed
            5          0s  timer 1 started 1h
            6          0s  time skipped to 1h
            7          1h  timer 1 fired
            8-10       1h  task completed
            11         1h  timer 2 started 1h
            12      1h10s  execution terminated ""
            next run
            1          0s  execution started order queue=orders, skips 1
            2-4        0s  task completed
            5          0s  timer 1 started 1h
            6          0s  time skipped to 1h
            7          1h  timer 1 fired
            8-10       1h  task failed: ResetWorkflow, 
            11-13   1h10s  task completed
            14      1h10s  timer 2 started 1h
            15      1h20s  execution options updated skips 200
            16      1h20s  time skipped to 2h10s
            17      2h10s  timer 2 fired
            18-20   2h10s  task completed
            21      2h10s  execution completed "start order; timer 1 fired; timer 2 fired"
        "#]],
    );
}

#[test]
fn a_run_that_nobody_asked_to_skip_time_waits() {
    check(
        r#"
         0s start order skip=off
            guest timer 10s
            guest complete seen
         9s query seen
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders, does not skip 200
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6         10s  timer 1 fired
            7-9       10s  task completed
            10        10s  execution completed "start order; timer 1 fired"
            at 9s  seen: "start order"
        "#]],
    );
}
