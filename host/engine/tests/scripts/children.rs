//! Children and other workflows, in every mode.

use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_childs_result_reaches_its_parent() {
    check(
        r#"
         0s start order
            guest child pack "7"
            guest -
            guest complete seen
            guest:pack timer 5s
            guest:pack complete "packed"
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated "7"
            6          0s  child of 5 started
            7-9        0s  task completed
            10         5s  child of 5 completed "packed"
            11-13      5s  task completed
            14         5s  execution completed "start order; child 1 started pack; child 1 'packed'"
            workflow pack
            1          0s  execution started pack "7" queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task completed
            10         5s  execution completed "packed"
        "#]],
    );
}

#[test]
fn a_child_that_is_over_in_its_first_step_says_that_it_started() {
    check(
        r#"
         0s start order
            guest child pack
            guest -
            guest complete seen
            guest:pack complete "packed"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7          0s  child of 5 completed "packed"
            8-10       0s  task completed
            11         0s  execution completed "start order; child 1 started pack; child 1 'packed'"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  execution completed "packed"
        "#]],
    );
}

#[test]
fn a_child_that_fails_reaches_its_parent_with_its_cause() {
    check(
        r#"
         0s start order
            guest child pack
            guest -
            guest complete seen
            guest:pack timer 5s
            guest:pack fail "no paper"
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         5s  child of 5 failed "no paper" RetryPolicyNotSet
            11-13      5s  task completed
            14         5s  execution completed "start order; child 1 started pack; child 1 Child Workflow execution failed: no paper"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task completed
            10         5s  execution failed "no paper"
        "#]],
    );
}

#[test]
fn a_child_that_somebody_terminates_is_a_failure_for_its_parent() {
    check(
        r#"
         0s start order
            guest child pack id=pack-7
            guest -
            guest complete seen
            guest:pack timer 50s
         2s @pack-7 terminate "enough"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack-7 initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         2s  child of 5 terminated
            11-13      2s  task completed
            14         2s  execution completed "start order; child 1 started pack-7; child 1 Child Workflow execution terminated: Terminated"
            workflow pack-7
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            6          2s  execution terminated "enough"
        "#]],
    );
}

#[test]
fn a_parent_that_waits_for_a_canceled_child_sees_what_comes_of_it() {
    check(
        r#"
         0s start order
            guest child pack
            guest -
            guest cancel 1
            guest complete seen
            guest:pack timer 50s
            guest:pack timer 3s
            guest:pack fail canceled
         2s signal stop
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         2s  signal stop received
            11-13      2s  task completed
            14         2s  cancel of pack initiated
            15         2s  cancel of 14 delivered
            16-18      2s  task completed
            19         5s  child of 5 canceled
            20-22      5s  task completed
            23         5s  execution completed "start order; child 1 started pack; signal stop; child 1 Child Workflow execution cancelled"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            6          2s  cancel requested
            7-9        2s  task completed
            10         2s  timer 2 started 3s
            11         5s  timer 2 fired
            12-14      5s  task completed
            15         5s  execution canceled
        "#]],
    );
}

#[test]
fn a_parent_that_tries_to_cancel_a_child_goes_on_at_once() {
    check(
        r#"
         0s start order
            guest child pack cancel=try close=abandon
            guest -
            guest cancel 1
            guest complete seen
            guest:pack timer 50s
            guest:pack timer 3s
            guest:pack fail canceled
         2s signal stop
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         2s  signal stop received
            11-13      2s  task completed
            14         2s  cancel of pack initiated
            15         2s  execution completed "start order; child 1 started pack; signal stop; child 1 Child Workflow execution cancelled"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            6          2s  cancel requested
            7-9        2s  task completed
            10         2s  timer 2 started 3s
            11         5s  timer 2 fired
            12-14      5s  task completed
            15         5s  execution canceled
        "#]],
    );
}

#[test]
fn a_parent_that_waits_for_the_request_goes_on_when_it_has_arrived() {
    check(
        r#"
         0s start order
            guest child pack cancel=requested close=abandon
            guest -
            guest cancel 1
            guest complete seen
            guest:pack timer 50s
            guest:pack timer 3s
            guest:pack complete "packed all the same"
         2s signal stop
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         2s  signal stop received
            11-13      2s  task completed
            14         2s  cancel of pack initiated
            15         2s  cancel of 14 delivered
            16-18      2s  task completed
            19         2s  execution completed "start order; child 1 started pack; signal stop; child 1 Child Workflow execution cancelled"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            6          2s  cancel requested
            7-9        2s  task completed
            10         2s  timer 2 started 3s
            11         5s  timer 2 fired
            12-14      5s  task completed
            15         5s  execution completed "packed all the same"
        "#]],
    );
}

#[test]
fn an_abandoned_child_is_not_told() {
    check(
        r#"
         0s start order
            guest child pack cancel=abandon close=abandon
            guest -
            guest cancel 1
            guest complete seen
            guest:pack timer 5s
            guest:pack complete "packed"
         2s signal stop
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         2s  signal stop received
            11-13      2s  task completed
            14         2s  execution completed "start order; child 1 started pack; signal stop; child 1 Child Workflow execution cancelled"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task completed
            10         5s  execution completed "packed"
        "#]],
    );
}

#[test]
fn a_child_is_terminated_when_its_parent_closes_and_so_are_its_own() {
    check(
        r#"
         0s start order
            guest child pack
            guest -
            guest complete "done"
            guest:pack child label
            guest:pack -
            guest:label timer 50s
         2s signal stop
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         2s  signal stop received
            11-13      2s  task completed
            14         2s  execution completed "done"
            workflow label
            1          0s  execution started label queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            6          2s  execution terminated "by parent close policy"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  child label label initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         2s  execution terminated "by parent close policy"
        "#]],
    );
}

#[test]
fn a_child_is_asked_to_stop_when_its_parent_closes() {
    check(
        r#"
         0s start order
            guest child pack close=cancel
            guest -
            guest complete "done"
            guest:pack timer 50s
            guest:pack complete seen
         2s signal stop
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         2s  signal stop received
            11-13      2s  task completed
            14         2s  execution completed "done"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            6          2s  cancel requested by parent close policy
            7-9        2s  task completed
            10         2s  execution completed "start pack; cancel by parent close policy"
        "#]],
    );
}

#[test]
fn a_child_outlives_its_parent_that_is_terminated() {
    check(
        r#"
         0s start order
            guest child pack close=abandon
            guest -
            guest:pack timer 5s
            guest:pack complete "packed"
         2s terminate "enough"
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         2s  execution terminated "enough"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task completed
            10         5s  execution completed "packed"
        "#]],
    );
}

#[test]
fn an_id_that_is_taken_can_not_be_a_childs() {
    check(
        r#"
         0s @pack start other
            guest:other timer 50s
         1s start order
            guest child pack
            guest complete seen
         2s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  child pack pack initiated
            6          1s  child of 5 not started WorkflowAlreadyExists
            7-9        1s  task completed
            10         1s  execution completed "start order; child 1 not started child workflow could not start: workflow id `pack` is in use"
            workflow pack
            1          0s  execution started other queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            Running
        "#]],
    );
}

#[test]
fn a_child_takes_over_the_id_of_an_open_run() {
    check(
        r#"
         0s @pack start other
            guest:other timer 50s
         1s start order
            guest child pack take-over
            guest -
            guest complete seen
            guest:pack timer 2s
            guest:pack complete "packed"
        10s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  child pack pack initiated
            6          1s  child of 5 started
            7-9        1s  task completed
            10         3s  child of 5 completed "packed"
            11-13      3s  task completed
            14         3s  execution completed "start order; child 1 started pack; child 1 'packed'"
            workflow pack
            1          0s  execution started other queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 50s
            6          1s  execution terminated "TerminateIfRunning WorkflowIdReusePolicy"
            next run
            1          1s  execution started pack queue=orders
            2-4        1s  task completed
            5          1s  timer 1 started 2s
            6          3s  timer 1 fired
            7-9        3s  task completed
            10         3s  execution completed "packed"
        "#]],
    );
}

#[test]
fn an_id_is_a_childs_again_as_its_policy_says() {
    check(
        r#"
         0s start order
            guest child pack
            guest -
            guest child pack reuse=reject
            guest -
            guest child pack reuse=failed-only
            guest -
            guest child pack reuse=allow
            guest -
            guest complete seen
            guest:pack complete "packed"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7          0s  child of 5 completed "packed"
            8-10       0s  task completed
            11         0s  child pack pack initiated
            12         0s  child of 11 not started WorkflowAlreadyExists
            13-15      0s  task completed
            16         0s  child pack pack initiated
            17         0s  child of 16 not started WorkflowAlreadyExists
            18-20      0s  task completed
            21         0s  child pack pack initiated
            22         0s  child of 21 started
            23         0s  child of 21 completed "packed"
            24-26      0s  task completed
            27         0s  execution completed "start order; child 1 started pack; child 1 'packed'; child 2 not started child workflow could not start: workflow id `pack` is in use; child 2 child workflow could not start: workflow id `pack` is in use; child 3 not started child workflow could not start: workflow id `pack` is in use; child 3 child workflow could not start: workflow id `pack` is in use; child 4 started pack; child 4 'packed'"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  execution completed "packed"
            next run
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  execution completed "packed"
        "#]],
    );
}

#[test]
fn a_child_that_continues_as_new_is_one_child() {
    check(
        r#"
         0s start order
            guest child pack
            guest -
            guest complete seen
            guest:pack timer 2s
            guest:pack first 2 ? continue : complete "packed"
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         6s  child of 5 completed "packed"
            11-13      6s  task completed
            14         6s  execution completed "start order; child 1 started pack; child 1 'packed'"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 2s
            6          2s  timer 1 fired
            7-9        2s  task completed
            10         2s  execution continued as new pack 1
            next run
            1          2s  execution started pack 1 queue=orders, continued
            2-4        2s  task completed
            5          2s  timer 1 started 2s
            6          4s  timer 1 fired
            7-9        4s  task completed
            10         4s  execution continued as new pack 2
            next run
            1          4s  execution started pack 2 queue=orders, continued
            2-4        4s  task completed
            5          4s  timer 1 started 2s
            6          6s  timer 1 fired
            7-9        6s  task completed
            10         6s  execution completed "packed"
        "#]],
    );
}

#[test]
fn a_child_that_is_tried_again_is_one_child() {
    check(
        r#"
         0s start order
            guest child pack retry=5s attempts=3
            guest -
            guest complete seen
            guest:pack first 1 ? fail "no paper" : complete "packed"
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         5s  child of 5 completed "packed"
            11-13      5s  task completed
            14         5s  execution completed "start order; child 1 started pack; child 1 'packed'"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  execution failed "no paper" InProgress, next run
            next run
            1          0s  execution started pack queue=orders, attempt 2 in 5s, after "no paper"
            2-4        5s  task completed
            5          5s  execution completed "packed"
        "#]],
    );
}

#[test]
fn a_child_with_a_cron_string_goes_on_until_its_parent_closes() {
    check(
        r#"
         0s start order
            guest child pack cron=@every_10s
            guest -
            guest complete seen
            guest:pack complete "packed"
        25s signal stop
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10        25s  signal stop received
            11-13     25s  task completed
            14        25s  execution completed "start order; child 1 started pack; signal stop"
            workflow pack
            1          0s  execution started pack queue=orders, by cron in 10s
            2-4       10s  task completed
            5         10s  execution completed "packed", next run
            next run
            1         10s  execution started pack queue=orders, by cron in 10s, last result "packed"
            2-4       20s  task completed
            5         20s  execution completed "packed", next run
            next run
            1         20s  execution started pack queue=orders, by cron in 10s, last result "packed"
            2         25s  execution terminated "by parent close policy"
        "#]],
    );
}

#[test]
fn a_signal_goes_to_a_child_and_another_comes_back_with_its_end() {
    check(
        r#"
         0s start order
            guest child pack
            guest signal-to pack hurry "now"
            guest -
            guest -
            guest complete seen
            guest:pack -
            guest:pack signal-to order-1 hurried, complete "packed"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  child pack pack initiated
            6          0s  child of 5 started
            7-9        0s  task completed
            10         0s  signal hurry to pack initiated "now"
            11         0s  signal of 10 delivered
            12         0s  signal hurried received
            13         0s  child of 5 completed "packed"
            14-16      0s  task completed
            17         0s  execution completed "start order; child 1 started pack; external 2 delivered; signal hurried; child 1 'packed'"
            workflow pack
            1          0s  execution started pack queue=orders
            2-4        0s  task completed
            5          0s  signal hurry received "now"
            6-8        0s  task completed
            9          0s  signal hurried to order-1 initiated
            10         0s  execution completed "packed"
        "#]],
    );
}

#[test]
fn a_run_signals_and_cancels_itself() {
    check(
        r#"
         0s start order
            guest signal-to order-1 go "7", timer 50s
            guest -
            guest cancel-other order-1 "enough"
            guest -
            guest complete seen
         1s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  signal go to order-1 initiated "7"
            6          0s  timer 2 started 50s
            7          0s  signal go received "7"
            8-10       0s  task completed
            11         0s  signal of 5 delivered
            12-14      0s  task completed
            15         0s  cancel of order-1 initiated enough
            16         0s  cancel requested enough
            17-19      0s  task completed
            20         0s  cancel of 15 delivered
            21-23      0s  task completed
            24         0s  execution completed "start order; signal go; external 1 delivered; cancel enough; external 3 delivered"
        "#]],
    );
}

#[test]
fn a_workflow_signals_and_cancels_another_one_if_there_is_one() {
    check(
        r#"
         0s @clerk start clerk
            guest:clerk -
            guest:clerk -
            guest:clerk complete seen
         1s start order
            guest signal-to clerk knock "7"
            guest signal-to nobody knock
            guest cancel-other clerk "closing time"
            guest cancel-other nobody
            guest signal-to clerk again
            guest cancel-other clerk
            guest complete seen
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  signal knock to clerk initiated "7"
            6          1s  signal of 5 delivered
            7-9        1s  task completed
            10         1s  signal knock to nobody initiated
            11         1s  signal of 10 not delivered NotFound
            12-14      1s  task completed
            15         1s  cancel of clerk initiated closing time
            16         1s  cancel of 15 delivered
            17-19      1s  task completed
            20         1s  cancel of nobody initiated
            21         1s  cancel of 20 not delivered NotFound
            22-24      1s  task completed
            25         1s  signal again to clerk initiated
            26         1s  signal of 25 not delivered NotFound
            27-29      1s  task completed
            30         1s  cancel of clerk initiated
            31         1s  cancel of 30 delivered
            32-34      1s  task completed
            35         1s  execution completed "start order; external 1 delivered; external 2 Unable to signal external workflow because it was not found; external 3 delivered; external 4 Unable to cancel external workflow because not found; external 5 Unable to signal external workflow because it was not found; external 6 delivered"
            workflow clerk
            1          0s  execution started clerk queue=orders
            2-4        0s  task completed
            5          1s  signal knock received "7"
            6-8        1s  task completed
            9          1s  cancel requested closing time
            10-12      1s  task completed
            13         1s  execution completed "start clerk; signal knock; cancel closing time"
        "#]],
    );
}
