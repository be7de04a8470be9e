use expect_test::expect;
use refrain_core::machines::signal::Signal;
use refrain_core::options::Override;
use refrain_testkit::check;
use refrain_testkit::sim::{Mode, Sim, order};

#[test]
fn options_are_changed_in_history_and_what_is_the_same_leaves_no_trace() {
    check(
        r#"
         0s start order
            guest timer 30s
            guest complete seen
         5s run-options priority=2
         6s run-options priority=2
         7s run-options version=auto
         8s pause
         9s run-options version=free
        10s unpause
        30s -
        31s run-options priority=3
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          5s  execution options updated priority 2
            7          7s  execution options updated priority 2, auto-upgrade
            8          8s  execution paused
            9          9s  execution options updated priority 2
            10        10s  execution unpaused
            11        30s  timer 1 fired
            12-14     30s  task completed
            15        30s  execution completed "start order; timer 1 fired"
            at 31s  refused: workflow execution already completed
        "#]],
    );
}

#[test]
fn a_run_that_follows_moves_with_the_next_thing_that_arrives_if_it_fits() {
    check(
        r#"
         0s start order
            guest timer 30s
            guest -
            guest -
            guest complete "old"
         5s run-options version=auto
         6s release
            guest timer 30s
            guest -
            guest -
            guest complete "new"
         7s signal one
         8s release
            guest timer 31s
            guest complete "does not fit"
         9s signal two
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          5s  execution options updated auto-upgrade
            7          7s  signal one received
            8-10       7s  task completed on version 2
            11         9s  signal two received
            12-14      9s  task completed on version 2
            15        30s  timer 1 fired
            16-18     30s  task completed on version 2
            19        30s  execution completed "new"
        "#]],
    );
}

#[test]
fn a_pinned_run_is_not_moved_by_a_repair_until_it_is_told_to() {
    check(
        r#"
         0s start order
            guest -
            guest trap
         1s run-options version=1
         2s signal go
         3s release
            guest -
            guest complete "repaired"
         9s signal more
        20s run-options version=2
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  execution options updated pinned to version 1
            6          2s  signal go received
            7-9        2s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            10         9s  signal more received
            11        20s  execution options updated pinned to version 2
            12-14     20s  task completed on version 2
            15        20s  execution completed "repaired"
        "#]],
    );
}

#[test]
fn a_run_is_not_pinned_to_what_it_does_not_fit() {
    check(
        r#"
         0s start order
            guest timer 30s
            guest complete "old"
         1s release
            guest timer 31s
            guest complete "new"
         2s run-options version=2
         3s run-options version=newest
         4s run-options version=auto
         5s signal one
        30s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          4s  execution options updated auto-upgrade
            7          5s  signal one received
            8-10       5s  task completed
            11         5s  execution completed "old"
            at 2s  refused: diverged from history at event 5: recorded `timer 1 started 30s`, guest asked for `timer 1 started 31s`; recorded by sha256:010101010101, replayed by sha256:020202020202: guard the change with `patched`, or pin the old component
            at 3s  refused: diverged from history at event 5: recorded `timer 1 started 30s`, guest asked for `timer 1 started 31s`; recorded by sha256:010101010101, replayed by sha256:020202020202: guard the change with `patched`, or pin the old component
        "#]],
    );
}

#[test]
fn a_run_starts_on_the_version_that_its_start_names_and_keeps_to_it() {
    check(
        r#"
         0s release
            guest timer 9s
            guest complete "second"
         1s start order version=2
         2s release
            guest timer 9s
            guest complete "third"
        11s start order version=auto
        12s release
            guest timer 9s
            guest complete "newest"
        21s start order version=newest request=r
        22s start order version=2 request=r
        31s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed on version 2
            5          1s  timer 1 started 9s
            6         10s  timer 1 fired
            7-9       10s  task completed on version 2
            10        10s  execution completed "second"
            next run
            1         11s  execution started order queue=orders
            2-4       11s  task completed on version 3
            5         11s  timer 1 started 9s
            6         20s  timer 1 fired
            7-9       20s  task completed on version 4
            10        20s  execution completed "newest"
            next run
            1         21s  execution started order queue=orders
            2-4       21s  task completed on version 4
            5         21s  timer 1 started 9s
            6         30s  timer 1 fired
            7-9       30s  task completed on version 4
            10        30s  execution completed "newest"
            at 22s  its own run
        "#]],
    );
}

#[tokio::test]
async fn what_a_run_that_follows_has_diverged_on_is_not_tried_again() {
    let mut sim = Sim::new(Mode::Warm).await;
    sim.program(&["timer 30s", "-", "-", "-", "-"]);
    let mut start = sim.start_request(order());
    start.started.versioning = Some(Override::AutoUpgrade);
    sim.engine().start_workflow(start).await.expect("it starts");
    let target = sim.order_target();
    let mut asked = Vec::new();
    for release in [&["timer 31s"][..], &["timer 30s", "-", "-", "-", "-"]] {
        sim.release(release).await;
        for name in ["one", "two"] {
            let signal = Signal { name: name.to_owned(), ..Signal::default() };
            sim.engine().signal(target.clone(), signal).await.expect("it is open");
            sim.engine().settle().await;
            asked.push((sim.times_asked_for(1), sim.times_asked_for(2), sim.times_asked_for(3)));
        }
    }
    // For the start, and to try the second; the third fits.
    assert_eq!(asked, [(2, 1, 0), (2, 1, 0), (3, 1, 1), (3, 1, 1)]);
    let on = sim.engine().run(&target).await.expect("it is open").component;
    assert_eq!(on.0[0], 3);
}
