use expect_test::expect;
use refrain_testkit::check;

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
