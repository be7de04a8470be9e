use expect_test::expect;
use refrain_testkit::check;

#[test]
fn an_update_answers_its_sender() {
    check(
        r#"
         0s start order
            guest -
            guest activity charge
            guest answer u1 "charged"
            guest answer u2 failed
            guest complete seen
         1s update pay "7" id=u1
         2s update pay "8" id=u1
         3s take charge
         4s done charge "ok"
         5s ask u1
         6s update pay "9" id=u2
         7s update bad id=u3
         8s ask u3
         9s signal go
        10s update pay id=u1
        11s update pay id=u4
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted "7"
            9          1s  activity charge (1) scheduled
            10         3s  activity of 9 started, attempt 1 by w1
            11         4s  activity of 9 completed "ok"
            12-14      4s  task completed
            15         4s  update u1 completed "charged"
            16-18      6s  task completed
            19         6s  update pay (u2) accepted "9"
            20         6s  update u2 failed "as the script says"
            21         9s  signal go received
            22-24      9s  task completed
            25         9s  execution completed "start order; update pay; activity 1 'ok'; update pay; signal go"
            at 1s  update u1 accepted
            at 2s  update u1 accepted
            at 5s  update u1 completed "charged"
            at 6s  update u2 failed: as the script says
            at 7s  update u3 rejected: it is bad
            at 8s  refused: no such update
            at 10s  update u1 completed "charged"
            at 11s  refused: workflow execution already completed
        "#]],
    );
}

#[test]
fn a_rejected_update_leaves_no_trace_whatever_the_host_goes_through() {
    check(
        r#"
         0s start order
            guest -
            guest complete seen
         1s update bad id=u1
         2s update bad id=u1
         3s ask u1
         4s signal go
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          4s  signal go received
            6-8        4s  task completed
            9          4s  execution completed "start order; signal go"
            at 1s  update u1 rejected: it is bad
            at 2s  update u1 rejected: it is bad
            at 3s  refused: no such update
        "#]],
    );
}

#[test]
fn updates_that_wait_for_a_repair_are_taken_after_it() {
    check(
        r#"
         0s start order
            guest -
            guest trap
         1s update pay id=u1
         2s update pay id=u2
         3s update bad id=u3
        10s deploy
            guest -
            guest answer u1 "1"
            guest answer u2 "2"
        20s ask u1
        21s ask u2
        22s ask u3
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            8-10      16s  task completed
            11        16s  update pay (u1) accepted
            12        16s  update u1 completed "1"
            13        16s  update pay (u2) accepted
            14        16s  update u2 completed "2"
            Running
            at 1s  update u1 waits
            at 2s  update u2 waits
            at 3s  update u3 waits
            at 20s  update u1 completed "1"
            at 21s  update u2 completed "2"
            at 22s  refused: no such update
        "#]],
    );
}

#[test]
fn updates_wait_for_the_end_of_a_pause() {
    check(
        r#"
         0s start order
            guest -
            guest answer u1 "1"
         1s pause
         2s update pay id=u1
         3s ask u1
         4s unpause
         5s ask u1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  execution paused
            6          4s  execution unpaused
            7-9        4s  task completed
            10         4s  update pay (u1) accepted
            11         4s  update u1 completed "1"
            Running
            at 2s  update u1 waits
            at 3s  update u1 waits
            at 5s  update u1 completed "1"
        "#]],
    );
}

#[test]
fn what_waited_is_aborted_with_its_run() {
    check(
        r#"
         0s start order
            guest -
            guest trap
         1s update pay id=u1
         2s terminate "enough"
         3s ask u1
         4s start order
         5s update pay id=u1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            8          2s  execution terminated "enough"
            next run
            1          4s  execution started order queue=orders
            2-4        4s  task completed
            5-7        5s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            Running
            task failed 1 times, again at 6s: [W0201] guest failed: the script says `trap`
            at 1s  update u1 waits
            at 3s  refused: no such update
            at 5s  update u1 waits
        "#]],
    );
}

#[test]
fn a_run_says_what_it_waits_for_even_if_it_is_stuck() {
    check(
        r#"
         0s start order
            guest activity charge, timer 30s
            guest trap
         1s query __stack_trace
         2s update pay id=u1
         3s query __stack_trace
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled
            6          0s  timer 2 started 30s
            7-9        2s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            Running
            activity charge, attempt 1, waits since 0s
            task failed 2 times, again at 5s: [W0201] guest failed: the script says `trap`
            at 1s  __stack_trace: "activity `charge` (1), since event 5\ntimer 2 for another 29s, since event 6\n"
            at 2s  update u1 waits
            at 3s  __stack_trace: "activity `charge` (1), since event 5\ntimer 2 for another 27s, since event 6\n"
        "#]],
    );
}

#[test]
fn a_run_without_a_task_can_not_be_asked() {
    check(
        r#"
         0s start order backoff=10s
            guest -
         1s query seen
         2s terminate "enough"
         3s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2          2s  execution terminated "enough"
            at 1s  seen: can't be queried
            at 3s  seen: can't be queried
        "#]],
    );
}
