use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_reset_goes_back_to_a_task_and_the_signals_since_then_come_again_in_order() {
    check(
        r#"
         0s start order
            guest activity charge work=60s
            guest timer 30s
            guest -
            guest -
            guest complete seen
         1s take charge
         2s done charge "paid"
         3s signal one "1"
         4s signal two "2"
         5s reset 10 "other way"
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          1s  activity of 5 started, attempt 1 by w1
            7          2s  activity of 5 completed "paid"
            8-10       2s  task completed
            11         2s  timer 2 started 30s
            12         3s  signal one received "1"
            13-15      3s  task completed
            16         4s  signal two received "2"
            17-19      4s  task completed
            20         5s  execution terminated "other way"
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          1s  activity of 5 started, attempt 1 by w1
            7          2s  activity of 5 completed "paid"
            8-10       2s  task failed: ResetWorkflow, other way
            11         5s  signal one received "1"
            12         5s  signal two received "2"
            13-15      5s  task completed
            16         5s  timer 2 started 30s
            17        35s  timer 2 fired
            18-20     35s  task completed
            21        35s  execution completed "start order; activity 1 'paid'; signal one; signal two; timer 2 fired"
        "#]],
    );
}

#[test]
fn a_closed_run_can_be_gone_back_to_with_a_program_that_is_repaired() {
    check(
        r#"
         0s start order
            guest activity charge work=60s
            guest fail "wrong price"
         1s take charge
         2s done charge "paid"
         3s deploy
            guest activity charge work=60s
            guest complete seen
         4s reset 10 "fixed"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          1s  activity of 5 started, attempt 1 by w1
            7          2s  activity of 5 completed "paid"
            8-10       2s  task completed
            11         2s  execution failed "wrong price"
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          1s  activity of 5 started, attempt 1 by w1
            7          2s  activity of 5 completed "paid"
            8-10       2s  task failed: ResetWorkflow, fixed
            11-13      4s  task completed
            14         4s  execution completed "start order; activity 1 'paid'"
        "#]],
    );
}

#[test]
fn what_was_pending_at_the_reset_is_pending_again() {
    check(
        r#"
         0s start order
            guest activity charge work=60s retry=5s, timer 30s, publish step "began"
            guest publish step "went on", activity ship queue=ship work=60s
            guest complete seen
         1s take charge
         2s fail charge "no network"
         3s signal more
         4s take ship
         5s reset 10 "again" signals=no
         6s take charge
         7s done charge "paid"
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  timer 2 started 30s
            7          3s  signal more received
            8-10       3s  task completed
            11         3s  activity ship (3) scheduled
            12         5s  execution terminated "again"
            step is "went on"
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  timer 2 started 30s
            7          3s  signal more received
            8-10       3s  task failed: ResetWorkflow, again
            11-13      5s  task completed
            14         5s  activity ship (3) scheduled
            15         6s  activity of 5 started, attempt 1 by w1
            16         7s  activity of 5 completed "paid"
            17-19      7s  task completed
            20         7s  execution completed "start order; signal more; activity 1 'paid'"
            step is "went on"
        "#]],
    );
}

#[test]
fn a_run_can_be_reset_before_its_first_task_was_completed() {
    check(
        r#"
         0s start order backoff=5s
            guest complete seen
         1s signal more
         5s -
         6s reset 5 "from the start"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          1s  signal more received
            3-5        5s  task completed
            6          5s  execution completed "start order"
            next run
            1          0s  execution started order queue=orders
            2          1s  signal more received
            3-5        5s  task failed: ResetWorkflow, from the start
            6-8        6s  task completed
            9          6s  execution completed "start order"
        "#]],
    );
}

#[test]
fn a_reset_needs_a_place_where_a_task_ends() {
    check(
        r#"
         0s start order
            guest timer 30s
         1s reset 0
         2s reset 1
         3s reset 2
         4s reset 5
         5s reset 6
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            Running
            at 1s  refused: there is nothing to go back to at event 0: expected an event from 2 to 5
            at 2s  refused: there is nothing to go back to at event 1: expected an event from 2 to 5
            at 3s  refused: no workflow task can end at event 2: expected the event that ended one, or the one after its WorkflowTaskScheduled
            at 4s  refused: no workflow task can end at event 5: expected the event that ended one, or the one after its WorkflowTaskScheduled; the last one before it is 4
            at 5s  refused: there is nothing to go back to at event 6: expected an event from 2 to 5
        "#]],
    );
}

#[test]
fn a_reset_of_a_run_that_its_program_does_not_fit_any_more_is_refused() {
    check(
        r#"
         0s start order
            guest timer 30s
            guest timer 40s
         1s signal more
         2s deploy
            guest timer 50s
            guest complete seen
         3s reset 8 "does not fit"
         4s reset 4 "fits"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          1s  signal more received
            7-9        1s  task completed
            10         1s  timer 2 started 40s
            11         4s  execution terminated "fits"
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, fits
            5          4s  signal more received
            6-8        4s  task completed
            9          4s  timer 1 started 50s
            10         4s  execution completed "start order; signal more"
            at 3s  refused: diverged from history at event 5: recorded `timer 1 started 30s`, guest asked for `timer 1 started 50s`; the component is the same, sha256:010101010101
        "#]],
    );
}

#[test]
fn the_same_request_to_reset_gets_the_run_that_it_began() {
    check(
        r#"
         0s start order
            guest timer 30s
            guest complete seen
         1s reset 4 request=r1
         2s reset 4 request=r1
         3s reset 4 run=1 request=r2
        40s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          1s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5-7        1s  task completed
            8          1s  timer 1 started 30s
            9          3s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5-7        3s  task completed
            8          3s  timer 1 started 30s
            9         33s  timer 1 fired
            10-12     33s  task completed
            13        33s  execution completed "start order; timer 1 fired"
            at 2s  its own run
        "#]],
    );
}

#[test]
fn a_reset_run_has_the_time_of_a_run_again_and_its_timers_keep_theirs() {
    check(
        r#"
         0s start order run-timeout=60s
            guest timer 50s
            guest timer 10d
         40s signal more
         41s reset 8 "again" signals=no
        200s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            6         40s  signal more received
            7-9       40s  task completed
            10        40s  timer 2 started 10d
            11        41s  execution terminated "again"
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            6         40s  signal more received
            7-9       40s  task failed: ResetWorkflow, again
            10-12     41s  task completed
            13        41s  timer 2 started 10d
            14        50s  timer 1 fired
            15-17     50s  task completed
            18      1m41s  execution timed out
        "#]],
    );
}

#[test]
fn a_request_to_cancel_is_not_made_again() {
    check(
        r#"
         0s start order
            guest timer 30s
            guest -
            guest complete seen
         1s cancel "why"
         2s reset 4
        40s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          1s  cancel requested why
            7-9        1s  task completed
            10         2s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5-7        2s  task completed
            8          2s  timer 1 started 30s
            9         32s  timer 1 fired
            10-12     32s  task completed
            Running
        "#]],
    );
}

#[test]
fn an_activity_that_was_to_be_canceled_is_canceled_at_once_after_a_reset() {
    check(
        r#"
         0s start order
            guest activity charge work=60s wait-cancel
            guest cancel 1
            guest timer 5s
            guest complete seen
         1s take charge
         2s signal stop
         3s signal more
         4s reset 13 signals=no
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  signal stop received
            7-9        2s  task completed
            10         2s  activity of 5 cancel requested
            11         3s  signal more received
            12-14      3s  task completed
            15         3s  timer 2 started 5s
            16         4s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          2s  signal stop received
            7-9        2s  task completed
            10         2s  activity of 5 cancel requested
            11         3s  signal more received
            12-14      3s  task failed: ResetWorkflow, 
            15-17      4s  task completed
            18         4s  timer 2 started 5s
            19         4s  activity of 5 canceled
            20-22      4s  task completed
            23         4s  execution completed "start order; signal stop; signal more; activity 1 Activity cancelled"
        "#]],
    );
}

#[test]
fn a_reset_stays_on_its_version_unless_it_is_to_go_onto_the_newest() {
    check(
        r#"
         0s start order
            guest timer 5s
            guest fail "wrong price"
         6s release
            guest timer 5s
            guest complete seen
         7s reset 9 "on its own"
         8s reset 9 "on the newest" version=newest
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task completed
            10         5s  execution failed "wrong price"
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task failed: ResetWorkflow, on its own
            10-12      7s  task completed
            13         7s  execution failed "wrong price"
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task failed: ResetWorkflow, on the newest
            10         8s  execution options updated version 2 once
            11-13      8s  task completed on version 2
            14         8s  execution completed "start order; timer 1 fired"
        "#]],
    );
}
