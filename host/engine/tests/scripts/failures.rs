use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_run_that_fails_says_why() {
    check(
        r#"
         0s start order
            guest timer 5s
            guest fail "out of stock"
         9s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task completed
            10         5s  execution failed "out of stock"
        "#]],
    );
}

#[test]
fn a_trap_fails_the_task_and_not_the_run() {
    check(
        r#"
         0s start order
            guest timer 5s
            guest trap
         5500ms query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            Running
            task failed 1 times, again at 6s: [W0201] guest failed: the script says `trap`
            at 5s500ms  seen: "start order"
        "#]],
    );
}

#[test]
fn a_trap_in_the_first_task_keeps_the_run_that_was_started() {
    check(
        r#"
         0s start order request=a
            guest trap
         4500ms deploy
            guest complete seen
         9s start order request=a
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5-7        7s  task completed
            8          7s  execution completed "start order"
            at 9s  its own run
        "#]],
    );
}

#[test]
fn a_failing_task_is_written_once_and_tried_with_growing_waits() {
    check(
        r#"
         0s start order
            guest trap
         8s signal a
        40s signal b
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5          8s  signal a received
            6         40s  signal b received
            Running
            task failed 6 times, again at 1m3s: [W0201] guest failed: the script says `trap`
        "#]],
    );
}

#[test]
fn what_arrives_while_a_task_fails_is_shown_when_it_succeeds() {
    check(
        r#"
         0s start order
            guest activity charge, timer 3500ms
            guest trap
         1s take charge
         2s signal a
       2100ms signal b
         4s done charge "paid"
       4100ms cancel "why"
       4200ms deploy
            guest activity charge, timer 3500ms
            guest -
            guest -
            guest -
            guest -
            guest complete seen
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  timer 2 started 3s500ms
            7          2s  signal a received
            8-10       2s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            11     2s100ms  signal b received
            12     3s500ms  timer 2 fired
            13         1s  activity of 5 started, attempt 1 by w1
            14         4s  activity of 5 completed "paid"
            15     4s100ms  cancel requested why
            16-18      5s  task completed
            19         5s  execution completed "start order; signal a; signal b; timer 2 fired; activity 1 'paid'; cancel why"
        "#]],
    );
}

#[test]
fn wishes_of_a_failed_task_are_void() {
    check(
        r#"
         0s start order
            guest -
            guest timer 5s, activity charge, publish step "1", complete "no", trap
         1s signal a
       1500ms take charge
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal a received
            6-8        1s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            Running
            task failed 1 times, again at 2s: [W0201] guest failed: the script says `trap`
            at 1s500ms  nothing to take
        "#]],
    );
}

#[test]
fn a_run_with_a_failing_task_can_be_terminated_and_runs_out_of_time() {
    check(
        r#"
         0s start order run-timeout=20s
            guest trap
         1500ms terminate "hopeless"
         2s start order run-timeout=20s
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5      1s500ms  execution terminated "hopeless"
            next run
            1          2s  execution started order queue=orders
            2-4        2s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5         22s  execution timed out
        "#]],
    );
}

#[test]
fn an_activity_without_a_limit_is_refused_and_said_so() {
    check(
        r#"
         0s start order
            guest activity charge unlimited
         1500ms deploy
            guest activity charge
         9s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: BadCommand, [W0202] activity `charge` has no time limit: set start_to_close or schedule_to_close
            5-7        3s  task completed
            8          3s  activity charge (1) scheduled
            Running
            activity charge, attempt 1, waits since 3s
        "#]],
    );
}

#[test]
fn a_second_failure_after_a_success_is_written_again() {
    check(
        r#"
         0s start order
            guest trap
         1500ms deploy
            guest timer 10s
            guest trap
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5-7        3s  task completed
            8          3s  timer 1 started 10s
            9         13s  timer 1 fired
            10-12     13s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            Running
            task failed 4 times, again at 28s: [W0201] guest failed: the script says `trap`
        "#]],
    );
}
