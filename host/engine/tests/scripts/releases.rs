//! Versions beside each other: who runs on which, and who is moved.

use expect_test::expect;
use refrain_testkit::check;

#[test]
fn an_open_run_keeps_to_its_version_and_a_new_one_begins_on_the_newest() {
    check(
        r#"
         0s start order
            guest timer 10s
            guest complete "old"
         5s release
            guest activity charge
            guest complete "new"
        20s start order
        21s take charge
        22s done charge "paid"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6         10s  timer 1 fired
            7-9       10s  task completed
            10        10s  execution completed "old"
            next run
            1         20s  execution started order queue=orders
            2-4       20s  task completed on version 2
            5         20s  activity charge (1) scheduled
            6         21s  activity of 5 started, attempt 1 by w1
            7         22s  activity of 5 completed "paid"
            8-10      22s  task completed on version 2
            11        22s  execution completed "new"
        "#]],
    );
}

#[test]
fn a_stuck_run_is_repaired_by_a_release_that_fits() {
    check(
        r#"
         0s start order
            guest activity charge "1"
            guest trap
         1s take charge
         5s done charge "paid"
       5500ms signal hello
         7s release
            guest activity charge "1"
            guest timer 1s
            guest -
            guest complete seen
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  activity charge (1) scheduled "1"
            6          1s  activity of 5 started, attempt 1 by w1
            7          5s  activity of 5 completed "paid"
            8-10       5s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            11     5s500ms  signal hello received
            12-14      7s  task completed on version 2
            15         7s  timer 2 started 1s
            16         8s  timer 2 fired
            17-19      8s  task completed on version 2
            20         8s  execution completed "start order; activity 1 'paid'; signal hello; timer 2 fired"
        "#]],
    );
}

#[test]
fn a_stuck_run_stays_where_it_is_if_the_release_does_not_fit_either() {
    check(
        r#"
         0s start order
            guest timer 5s
            guest trap
         6s release
            guest timer 7s
            guest complete "new"
       6500ms query seen
         9s release
            guest timer 5s
            guest complete "repaired"
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 5s
            6          5s  timer 1 fired
            7-9        5s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            10-12      9s  task completed on version 3
            13         9s  execution completed "repaired"
            at 6s500ms  seen: "start order"
        "#]],
    );
}

#[test]
fn a_paused_run_is_checked_and_moved_and_goes_on_there_once_it_is_unpaused() {
    check(
        r#"
         0s start order
            guest timer 10s
            guest complete "old"
         1s pause
         5s release
            guest timer 10s
            guest complete "new"
         6s check
         7s move
         8s check
        20s unpause
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6          1s  execution paused
            7         10s  timer 1 fired
            8         20s  execution unpaused
            9-11      20s  task completed on version 2
            12        20s  execution completed "new"
            at 6s  fits
            at 7s  fits
            at 8s  nothing to replay
        "#]],
    );
}

#[test]
fn a_run_that_fits_is_moved_and_goes_on_there() {
    check(
        r#"
         0s start order
            guest timer 10s
            guest complete "old"
         5s release
            guest timer 10s
            guest timer 1s
            guest complete seen
         6s check
         7s move
         8s check
         9s move
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6         10s  timer 1 fired
            7-9       10s  task completed on version 2
            10        10s  timer 2 started 1s
            11        11s  timer 2 fired
            12-14     11s  task completed on version 2
            15        11s  execution completed "start order; timer 1 fired; timer 2 fired"
            at 6s  fits
            at 7s  fits
            at 8s  nothing to replay
            at 9s  nothing to replay
        "#]],
    );
}

#[test]
fn a_run_that_does_not_fit_stays_and_ends_on_its_own_version() {
    check(
        r#"
         0s start order
            guest timer 10s, timer 20s
            guest complete "old"
         5s release
            guest timer 20s
         6s check
         7s move
        20s check
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6          0s  timer 2 started 20s
            7         10s  timer 1 fired
            8-10      10s  task completed
            11        10s  execution completed "old"
            at 6s  does not fit: diverged from history at event 5: recorded `timer 1 started 10s`, guest asked for `timer 1 started 20s`; recorded by sha256:010101010101, replayed by sha256:020202020202: guard the change with `patched`, or pin the old component
            at 7s  does not fit: diverged from history at event 5: recorded `timer 1 started 10s`, guest asked for `timer 1 started 20s`; recorded by sha256:010101010101, replayed by sha256:020202020202: guard the change with `patched`, or pin the old component
            at 20s  nothing to replay
        "#]],
    );
}

/// What has arrived but was not shown yet is shown by the version that the run is on then.
#[test]
fn a_stuck_run_that_is_moved_goes_on_at_its_next_attempt() {
    check(
        r#"
         0s start order
            guest -
            guest trap
            guest complete "old"
         1s signal one
         2s release
            guest -
            guest trap
         3s release
            guest -
            guest timer 1s
            guest complete seen
       3500ms move
         9s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal one received
            6-8        1s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            9-11       3s  task completed on version 3
            12         3s  timer 1 started 1s
            13         4s  timer 1 fired
            14-16      4s  task completed on version 3
            17         4s  execution completed "start order; signal one; timer 1 fired"
            at 3s500ms  nothing to replay
        "#]],
    );
}
