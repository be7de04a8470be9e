//! What operators do to activities.

use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_paused_activity_waits_until_it_is_let_go() {
    check(
        r#"
         0s start order
            guest activity charge wait=5s
            guest complete seen
         1s pause-activity charge "bank holiday"
         2s take charge
        20s pause-activity charge
        30s unpause-activity charge
        31s take charge
        32s done charge "paid"
        33s pause-activity charge
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6         31s  activity of 5 started, attempt 1 by w1
            7         32s  activity of 5 completed "paid"
            8-10      32s  task completed
            11        32s  execution completed "start order; activity 1 'paid'"
            at 2s  nothing to take
            at 20s  refused: activity is already paused
            at 33s  refused: workflow execution already completed
        "#]],
    );
}

#[test]
fn an_attempt_under_way_is_told_of_the_pause_and_the_next_one_waits() {
    check(
        r#"
         0s start order
            guest activity charge beat=10s
            guest complete seen
         1s take charge by=w1
         2s pause-activity charge
         3s beat charge "half"
         4s fail charge "stopped" type=ActivityPause
        30s take charge
        40s unpause-activity charge beat
        41s take charge by=w2
        42s done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6         41s  activity of 5 started, attempt 2 by w2, after "stopped"
            7         42s  activity of 5 completed "paid"
            8-10      42s  task completed
            11        42s  execution completed "start order; activity 1 'paid'"
            at 3s  charge is paused
            at 30s  nothing to take
        "#]],
    );
}

#[test]
fn a_paused_activity_is_shown_so() {
    check(
        r#"
         0s start order
            guest activity charge, activity refund
         1s take charge
         2s pause-activity charge
         2s pause-activity refund
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  activity refund (2) scheduled
            Running
            activity charge, attempt 1, started 1s by w1, paused since 2s
            activity refund, attempt 1, waits since 0s, paused since 2s
        "#]],
    );
}

#[test]
fn a_reset_activity_begins_from_its_first_attempt() {
    check(
        r#"
         0s start order
            guest activity charge attempts=2 retry=60s
            guest complete seen
         1s take charge
         2s fail charge "no network"
         3s reset-activity charge
         4s take charge by=w2
         5s reset-activity charge beat wait=5s
         6s beat charge "half"
         7s fail charge "stopped" type=ActivityReset
         8s take charge
        13s take charge by=w3
        14s fail charge "again"
        80s take charge by=w4
        81s fail charge "for good"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6       1m20s  activity of 5 started, attempt 2 by w4, after "again"
            7       1m21s  activity of 5 failed "for good" MaximumAttemptsReached
            8-10    1m21s  task completed
            11      1m21s  execution completed "start order; activity 1 Activity task failed: for good"
            at 6s  charge is to begin again
            at 8s  nothing to take
        "#]],
    );
}

#[test]
fn options_that_an_operator_changed_hold_from_the_next_attempt_on() {
    check(
        r#"
         0s start order
            guest activity charge retry=60s
            guest complete seen
         1s take charge
         2s fail charge "no network"
         3s options charge retry=5s attempts=2 work=3s
         8s take charge by=w2
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          8s  activity of 5 started, attempt 2 by w2, after "no network"
            7         11s  activity of 5 timed out, TemporalTimeout:StartToClose, MaximumAttemptsReached, after "no network"
            8-10      11s  task completed
            11        11s  execution completed "start order; activity 1 Activity task timed out: StartToClose"
        "#]],
    );
}

#[test]
fn an_activity_that_moves_to_another_queue_is_taken_there() {
    check(
        r#"
         0s start order
            guest activity charge
            guest complete seen
         1s options charge queue=others
         2s take charge
         3s done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  activity of 5 started, attempt 1 by w1
            7          3s  activity of 5 completed "paid"
            8-10       3s  task completed
            11         3s  execution completed "start order; activity 1 'paid'"
        "#]],
    );
}

#[test]
fn one_who_is_no_worker_completes_what_nobody_has_taken() {
    check(
        r#"
         0s start order
            guest activity charge
            guest complete seen
         5s done-outside charge "by hand"
         6s done-outside charge "by hand"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          5s  activity of 5 started, attempt 1 by client
            7          5s  activity of 5 completed "by hand"
            8-10       5s  task completed
            11         5s  execution completed "start order; activity 1 'by hand'"
            at 6s  refused: Can't find pending activity with such ID. Invalid activityID or activity already completed
        "#]],
    );
}

#[test]
fn a_paused_activity_can_be_canceled() {
    check(
        r#"
         0s start order
            guest activity charge wait-cancel
            guest cancel 1
            guest complete seen
         1s pause-activity charge
         2s signal stop
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  signal stop received
            7-9        2s  task completed
            10         2s  activity of 5 cancel requested
            11         2s  activity of 5 canceled
            12-14      2s  task completed
            15         2s  execution completed "start order; signal stop; activity 1 Activity cancelled"
        "#]],
    );
}

#[test]
fn a_retry_that_has_no_time_left_says_so() {
    check(
        r#"
         0s start order
            guest activity charge work=2s close=3s
            guest complete seen
         1s take charge
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          1s  activity of 5 started, attempt 1 by w1
            7          3s  activity of 5 timed out, TemporalTimeout:ScheduleToClose, Timeout
            8-10       3s  task completed
            11         3s  execution completed "start order; activity 1 Activity task timed out: ScheduleToClose"
        "#]],
    );
}

#[test]
fn two_open_activities_can_not_have_one_id() {
    check(
        r#"
         0s start order
            guest activity charge id=a, activity refund id=a
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ScheduleActivityDuplicateId, [W0202] activity id `a` is that of another open activity
            Running
            task failed 1 times, again at 1s: [W0202] activity id `a` is that of another open activity
        "#]],
    );
}
