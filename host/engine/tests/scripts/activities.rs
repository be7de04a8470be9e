use expect_test::expect;
use refrain_testkit::check;

#[test]
fn an_activity_goes_to_a_worker_and_its_result_to_the_guest() {
    check(
        r#"
         0s start order
            guest activity charge "order-1"
            guest activity ship "order-1" queue=cars id=parcel
            guest complete seen
         2s take charge
         5s done charge "paid"
         6s take ship by=w2
         7s done ship "sent"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled "order-1"
            6          2s  activity of 5 started, attempt 1 by w1
            7          5s  activity of 5 completed "paid"
            8-10       5s  task completed
            11         5s  activity ship (parcel) scheduled "order-1"
            12         6s  activity of 11 started, attempt 1 by w2
            13         7s  activity of 11 completed "sent"
            14-16      7s  task completed
            17         7s  execution completed "start order; activity 1 'paid'; activity 2 'sent'"
        "#]],
    );
}

#[test]
fn a_failed_attempt_is_tried_again_after_its_backoff() {
    check(
        r#"
         0s start order
            guest activity charge attempts=3
            guest complete seen
         1s take charge by=w1
         2s fail charge "no network"
       2500ms take charge by=w2
         4s take charge by=w2
         5s fail charge "still none"
         8s take charge by=w3
         9s fail charge "never"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          8s  activity of 5 started, attempt 3 by w3, after "still none"
            7          9s  activity of 5 failed "never" MaximumAttemptsReached
            8-10       9s  task completed
            11         9s  execution completed "start order; activity 1 Activity task failed: never"
            at 2s500ms  nothing to take
        "#]],
    );
}

/// Its time has come before it is written that it waits.
#[test]
fn an_attempt_whose_backoff_is_over_at_once_is_tried_again_at_once() {
    check(
        r#"
         0s start order
            guest activity charge
            guest complete seen
         1s take charge by=w1
         2s fail charge "no network" again=0s
         2s take charge by=w2
         3s done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  activity of 5 started, attempt 2 by w2, after "no network"
            7          3s  activity of 5 completed "paid"
            8-10       3s  task completed
            11         3s  execution completed "start order; activity 1 'paid'"
        "#]],
    );
}

#[test]
fn an_attempt_that_backs_off_is_shown_with_its_time() {
    check(
        r#"
         0s start order
            guest activity charge retry=10s, activity refund
         1s take charge
         2s fail charge "no network"
         3s take refund
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  activity refund (2) scheduled
            Running
            activity charge, attempt 2, waits since 12s
            activity refund, attempt 1, started 3s by w1
        "#]],
    );
}

#[test]
fn a_failure_may_be_final_or_say_itself_when_to_try_again() {
    check(
        r#"
         0s start order
            guest activity charge final=Card, activity refund queue=refunds
            guest -
            guest complete seen
         1s take charge
         2s fail charge "no network" type=Net again=30s
        40s take charge
        41s fail charge "stolen" type=Card
        42s take refund
        43s fail refund "never" final
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  activity refund (2) scheduled
            7         40s  activity of 5 started, attempt 2 by w1, after "no network"
            8         41s  activity of 5 failed "stolen" NonRetryableFailure
            9-11      41s  task completed
            12        42s  activity of 6 started, attempt 1 by w1
            13        43s  activity of 6 failed "never" NonRetryableFailure
            14-16     43s  task completed
            17        43s  execution completed "start order; activity 1 Activity task failed: stolen; activity 2 Activity task failed: never"
        "#]],
    );
}

#[test]
fn work_that_takes_too_long_is_given_to_another_worker() {
    check(
        r#"
         0s start order
            guest activity charge work=5s
            guest complete seen
         1s take charge by=w1
         9s take charge by=w2
        10s done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          9s  activity of 5 started, attempt 2 by w2, after StartToClose timeout
            7         10s  activity of 5 completed "paid"
            8-10      10s  task completed
            11        10s  execution completed "start order; activity 1 'paid'"
        "#]],
    );
}

#[test]
fn a_worker_that_comes_too_late_is_refused() {
    check(
        r#"
         0s start order
            guest activity charge work=5s attempts=1
            guest complete seen
         1s take charge
         9s done charge "paid"
        10s beat charge
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          1s  activity of 5 started, attempt 1 by w1
            7          6s  activity of 5 timed out, TemporalTimeout:StartToClose, MaximumAttemptsReached
            8-10       6s  task completed
            11         6s  execution completed "start order; activity 1 Activity task timed out: StartToClose"
            at 9s  refused: activity task not found
            at 10s  refused: activity task not found
        "#]],
    );
}

#[test]
fn a_silent_worker_is_replaced_and_its_last_word_kept() {
    check(
        r#"
         0s start order
            guest activity charge work=60s beat=5s
            guest complete seen
         1s take charge by=w1
         4s beat charge "50"
         8s beat charge "80"
        20s take charge by=w2
        24s beat charge "90"
        26s done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6         20s  activity of 5 started, attempt 2 by w2, after Heartbeat timeout "80"
            7         26s  activity of 5 completed "paid"
            8-10      26s  task completed
            11        26s  execution completed "start order; activity 1 'paid'"
        "#]],
    );
}

#[test]
fn an_activity_that_nobody_takes_times_out() {
    check(
        r#"
         0s start order
            guest activity charge work=60s wait=5s
            guest complete seen
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          5s  activity of 5 timed out, TemporalTimeout:ScheduleToStart, Timeout
            7-9        5s  task completed
            10         5s  execution completed "start order; activity 1 Activity task timed out: ScheduleToStart"
        "#]],
    );
}

#[test]
fn the_limit_of_all_attempts_cuts_the_last_one() {
    check(
        r#"
         0s start order
            guest activity charge work=20s close=30s
            guest complete seen
         1s take charge
        25s take charge
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6         25s  activity of 5 started, attempt 2 by w1, after StartToClose timeout
            7         30s  activity of 5 timed out, TemporalTimeout:ScheduleToClose, Timeout, after StartToClose timeout
            8-10      30s  task completed
            11        30s  execution completed "start order; activity 1 Activity task timed out: ScheduleToClose"
        "#]],
    );
}

#[test]
fn activities_end_with_their_run() {
    check(
        r#"
         0s start order run-timeout=20s
            guest activity charge, activity refund work=60s queue=refunds
         1s take refund
        30s done refund "late"
        31s take charge
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  activity refund (2) scheduled
            7         20s  execution timed out
            at 30s  refused: activity task not found
            at 31s  nothing to take
        "#]],
    );
}

/// Memory has one of those in line, and the one whose backoff is over beside it.
#[test]
fn an_activity_that_is_tried_again_is_in_line_behind_those_that_waited() {
    check(
        r#"
         0s start order
            guest activity a, activity b, activity c, activity d
            guest -
            guest -
            guest -
            guest complete seen
         1s take a
         2s fail a "not yet"
         4s take b
         5s take c
         6s take d
         7s take a
         8s done a "1"
         8s done b "2"
         8s done c "3"
         8s done d "4"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity a (1) scheduled
            6          0s  activity b (2) scheduled
            7          0s  activity c (3) scheduled
            8          0s  activity d (4) scheduled
            9          7s  activity of 5 started, attempt 2 by w1, after "not yet"
            10         8s  activity of 5 completed "1"
            11-13      8s  task completed
            14         4s  activity of 6 started, attempt 1 by w1
            15         8s  activity of 6 completed "2"
            16-18      8s  task completed
            19         5s  activity of 7 started, attempt 1 by w1
            20         8s  activity of 7 completed "3"
            21-23      8s  task completed
            24         6s  activity of 8 started, attempt 1 by w1
            25         8s  activity of 8 completed "4"
            26-28      8s  task completed
            29         8s  execution completed "start order; activity 1 '1'; activity 2 '2'; activity 3 '3'; activity 4 '4'"
        "#]],
    );
}

#[test]
fn several_activities_of_one_queue_are_handed_out_in_their_order() {
    check(
        r#"
         0s start order
            guest activity a, activity b, activity c
            guest -
            guest -
            guest complete seen
         1s take a
         2s take b
         3s take c
         4s done c "3"
         5s done a "1"
         6s done b "2"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity a (1) scheduled
            6          0s  activity b (2) scheduled
            7          0s  activity c (3) scheduled
            8          3s  activity of 7 started, attempt 1 by w1
            9          4s  activity of 7 completed "3"
            10-12      4s  task completed
            13         1s  activity of 5 started, attempt 1 by w1
            14         5s  activity of 5 completed "1"
            15-17      5s  task completed
            18         2s  activity of 6 started, attempt 1 by w1
            19         6s  activity of 6 completed "2"
            20-22      6s  task completed
            23         6s  execution completed "start order; activity 3 '3'; activity 1 '1'; activity 2 '2'"
        "#]],
    );
}
