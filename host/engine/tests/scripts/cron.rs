//! Workflows that begin again at the times of a cron string.

use expect_test::expect;
use refrain_testkit::check;

#[test]
fn each_run_waits_for_its_time_and_gets_the_last_result() {
    check(
        r#"
         1s start order "order-1" cron=@every_30s
            guest first 2 ? complete "paid" : timer 1h
        95s -
        "#,
        expect![[r#"
            1          1s  execution started order "order-1" queue=orders, by cron in 30s
            2-4       31s  task completed
            5         31s  execution completed "paid", next run
            next run
            1         31s  execution started order "order-1" queue=orders, by cron in 30s, last result "paid"
            2-4      1m1s  task completed
            5        1m1s  execution completed "paid", next run
            next run
            1        1m1s  execution started order "order-1" queue=orders, by cron in 30s, last result "paid"
            2-4     1m31s  task completed
            5       1m31s  execution completed "paid", next run
            next run
            1       1m31s  execution started order "order-1" queue=orders, by cron in 30s, last result "paid"
            Running
        "#]],
    );
}

#[test]
fn times_that_pass_while_a_run_is_at_work_are_left_out() {
    check(
        r#"
         1s start order cron=*_*_*_*_*
            guest timer 150s
            guest complete "paid"
       290s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 59s
            2-4        1m  task completed
            5          1m  timer 1 started 2m30s
            6       3m30s  timer 1 fired
            7-9     3m30s  task completed
            10      3m30s  execution completed "paid", next run
            next run
            1       3m30s  execution started order queue=orders, by cron in 30s, last result "paid"
            2-4        4m  task completed
            5          4m  timer 1 started 2m30s
            Running
        "#]],
    );
}

#[test]
fn a_run_that_fails_is_tried_again_first_and_then_waits_for_the_next_time() {
    check(
        r#"
         1s start order cron=@every_1m retry=5s attempts=2
            guest first 2 ? fail "no card" : timer 1h
       130s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 1m
            2-4      1m1s  task completed
            5        1m1s  execution failed "no card" InProgress, next run
            next run
            1        1m1s  execution started order queue=orders, attempt 2 in 5s, after "no card"
            2-4      1m6s  task completed
            5        1m6s  execution failed "no card" MaximumAttemptsReached, next run
            next run
            1        1m6s  execution started order queue=orders, by cron in 1m, after "no card"
            2-4      2m6s  task completed
            5        2m6s  execution failed "no card" InProgress, next run
            next run
            1        2m6s  execution started order queue=orders, attempt 2 in 5s, after "no card"
            Running
        "#]],
    );
}

#[test]
fn a_result_is_still_known_after_a_run_that_failed() {
    check(
        r#"
         1s start order cron=@every_10s
            guest complete "paid"
        12s deploy
            guest fail "no card"
        32s terminate "enough"
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 10s
            2-4       11s  task completed
            5         11s  execution completed "paid", next run
            next run
            1         11s  execution started order queue=orders, by cron in 10s, last result "paid"
            2-4       21s  task completed
            5         21s  execution failed "no card" RetryPolicyNotSet, next run
            next run
            1         21s  execution started order queue=orders, by cron in 10s, after "no card", last result "paid"
            2-4       31s  task completed
            5         31s  execution failed "no card" RetryPolicyNotSet, next run
            next run
            1         31s  execution started order queue=orders, by cron in 10s, after "no card", last result "paid"
            2         32s  execution terminated "enough"
        "#]],
    );
}

#[test]
fn a_run_that_times_out_is_followed_by_the_next() {
    check(
        r#"
         1s start order cron=@every_1m run-timeout=10s
            guest timer 1h
        75s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 1m
            2-4      1m1s  task completed
            5        1m1s  timer 1 started 1h
            6       1m11s  execution timed out RetryPolicyNotSet, next run
            next run
            1       1m11s  execution started order queue=orders, by cron in 50s, after StartToClose timeout
            Running
        "#]],
    );
}

#[test]
fn a_cancel_while_it_waits_ends_the_chain() {
    check(
        r#"
         1s start order cron=@hourly
            guest fail canceled
         5s cancel "not today"
        2h -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 59m59s
            2          5s  cancel requested not today
            3-5        5s  task completed
            6          5s  execution canceled
        "#]],
    );
}

#[test]
fn a_terminate_while_it_waits_ends_the_chain_and_so_does_one_between_two_runs() {
    check(
        r#"
         1s start order cron=@hourly
            guest complete "paid"
         5s terminate "not today"
         6s start order cron=@every_10s
        20s terminate "enough"
        2h -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 59m59s
            2          5s  execution terminated "not today"
            next run
            1          6s  execution started order queue=orders, by cron in 10s
            2-4       16s  task completed
            5         16s  execution completed "paid", next run
            next run
            1         16s  execution started order queue=orders, by cron in 10s, last result "paid"
            2         20s  execution terminated "enough"
        "#]],
    );
}

#[test]
fn signals_do_not_begin_a_run_before_its_time_and_are_there_when_it_begins() {
    check(
        r#"
         1s start order cron=@every_10s
            guest -
            guest complete seen
         2s signal a "1"
         3s query seen
        14s terminate "enough"
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 10s
            2          2s  signal a received "1"
            3-5       11s  task completed
            6         11s  execution completed "start order; signal a", next run
            next run
            1         11s  execution started order queue=orders, by cron in 10s, last result "start order; signal a"
            2         14s  execution terminated "enough"
            at 3s  seen: can't be queried
        "#]],
    );
}

#[test]
fn the_execution_timeout_ends_the_chain_also_while_it_waits() {
    check(
        r#"
         1s start order cron=@every_10s timeout=15s
            guest complete "paid"
        1h -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 10s
            2-4       11s  task completed
            5         11s  execution completed "paid", next run
            next run
            1         11s  execution started order queue=orders, by cron in 10s, last result "paid"
            2         16s  execution timed out Timeout
        "#]],
    );
}

#[test]
fn a_run_that_continues_as_new_leaves_the_cron_string_behind() {
    check(
        r#"
         1s start order cron=@every_10s
            guest first 1 ? continue : complete "paid"
        1h -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 10s
            2-4       11s  task completed
            5         11s  execution continued as new order 1
            next run
            1         11s  execution started order 1 queue=orders, continued
            2-4       11s  task completed
            5         11s  execution completed "paid"
        "#]],
    );
}

#[test]
fn a_release_is_for_the_runs_that_begin_after_it() {
    check(
        r#"
         1s start order cron=@every_10s
            guest complete "old"
        12s release
            guest complete "new"
        42s terminate "enough"
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 10s
            2-4       11s  task completed
            5         11s  execution completed "old", next run
            next run
            1         11s  execution started order queue=orders, by cron in 10s, last result "old"
            2-4       21s  task completed
            5         21s  execution completed "old", next run
            next run
            1         21s  execution started order queue=orders, by cron in 10s, last result "old"
            2-4       31s  task completed on version 2
            5         31s  execution completed "new", next run
            next run
            1         31s  execution started order queue=orders, by cron in 10s, last result "new"
            2-4       41s  task completed on version 2
            5         41s  execution completed "new", next run
            next run
            1         41s  execution started order queue=orders, by cron in 10s, last result "new"
            2         42s  execution terminated "enough"
        "#]],
    );
}

#[test]
fn a_pause_outlasts_the_time_of_a_run() {
    check(
        r#"
         1s start order cron=@every_10s
            guest complete "paid"
         2s pause "wait"
        35s unpause
        42s terminate "enough"
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders, by cron in 10s
            2          2s  execution paused wait
            3         35s  execution unpaused
            4-6       35s  task completed
            7         35s  execution completed "paid", next run
            next run
            1         35s  execution started order queue=orders, by cron in 6s, last result "paid"
            2-4       41s  task completed
            5         41s  execution completed "paid", next run
            next run
            1         41s  execution started order queue=orders, by cron in 10s, last result "paid"
            2         42s  execution terminated "enough"
        "#]],
    );
}
