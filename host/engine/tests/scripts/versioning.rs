use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_diverged_run_loses_nothing_and_goes_on_when_a_program_fits() {
    check(
        r#"
         0s start order
            guest activity charge "1"
            guest complete "old"
         1s take charge
         2s deploy
            guest activity refund "1"
         5s done charge "paid"
       5500ms signal hello
       7500ms query seen
         8s deploy
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
            8-10       5s  task failed: NonDeterministicError, [W0101] diverged from history at event 5: recorded `activity charge (1) scheduled`, guest asked for `activity refund (1) scheduled`; the component is the same, sha256:010101010101
            11     5s500ms  signal hello received
            12-14     12s  task completed
            15        12s  timer 2 started 1s
            16        13s  timer 2 fired
            17-19     13s  task completed
            20        13s  execution completed "start order; activity 1 'paid'; signal hello; timer 2 fired"
            at 7s500ms  seen: can't be queried
        "#]],
    );
}

#[test]
fn a_step_that_was_removed_is_missed() {
    check(
        r#"
         0s start order
            guest timer 10s, timer 20s
         1s deploy
            guest timer 10s
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6          0s  timer 2 started 20s
            7         10s  timer 1 fired
            8-10      10s  task failed: NonDeterministicError, [W0102] diverged from history at event 6: recorded `timer 2 started 20s`, guest asked for `nothing`; the component is the same, sha256:010101010101
            Running
            task failed 1 times, again at 11s: [W0102] diverged from history at event 6: recorded `timer 2 started 20s`, guest asked for `nothing`; the component is the same, sha256:010101010101
        "#]],
    );
}

#[test]
fn what_has_not_been_asked_for_yet_may_change() {
    check(
        r#"
         0s start order
            guest timer 10s
            guest activity charge
         5s deploy
            guest timer 10s
            guest complete seen
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6         10s  timer 1 fired
            7-9       10s  task completed
            10        10s  execution completed "start order; timer 1 fired"
        "#]],
    );
}

#[test]
fn an_open_run_keeps_to_the_old_side_of_a_patch_and_a_new_one_takes_the_other() {
    check(
        r#"
         0s start order
            guest timer 10s
            guest timer 60s
            guest complete seen
        20s deploy
            guest timer 10s
            guest patched fast ? timer 1s : timer 60s
            guest complete seen
        80s start order
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6         10s  timer 1 fired
            7-9       10s  task completed
            10        10s  timer 2 started 1m
            11      1m10s  timer 2 fired
            12-14   1m10s  task completed
            15      1m10s  execution completed "start order; timer 1 fired; timer 2 fired"
            next run
            1       1m20s  execution started order queue=orders
            2-4     1m20s  task completed
            5       1m20s  timer 1 started 10s
            6       1m30s  timer 1 fired
            7-9     1m30s  task completed
            10      1m30s  patch fast recorded
            11      1m30s  search attributes TemporalChangeVersion upserted TemporalChangeVersion=["fast"]
            12      1m30s  timer 2 started 1s
            13      1m31s  timer 2 fired
            14-16   1m31s  task completed
            17      1m31s  execution completed "start order; timer 1 fired; timer 2 fired"
            search attributes: TemporalChangeVersion=["fast"]
        "#]],
    );
}

#[test]
fn a_patch_may_go_once_it_is_deprecated() {
    check(
        r#"
         0s start order
            guest deprecate fast, timer 10s
            guest complete seen
         1s deploy
            guest timer 10s
            guest complete seen
        20s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  patch fast recorded deprecated
            6          0s  search attributes TemporalChangeVersion upserted TemporalChangeVersion=["fast"]
            7          0s  timer 1 started 10s
            8         10s  timer 1 fired
            9-11      10s  task completed
            12        10s  execution completed "start order; timer 1 fired"
            search attributes: TemporalChangeVersion=["fast"]
        "#]],
    );
}

#[test]
fn a_patch_that_goes_too_early_diverges() {
    check(
        r#"
         0s start order
            guest patched fast ? timer 10s : timer 60s
            guest complete seen
         1s deploy
            guest timer 10s
            guest complete seen
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  patch fast recorded
            6          0s  search attributes TemporalChangeVersion upserted TemporalChangeVersion=["fast"]
            7          0s  timer 1 started 10s
            8         10s  timer 1 fired
            9-11      10s  task failed: NonDeterministicError, [W0101] diverged from history at event 5: recorded `patch fast recorded`, guest asked for `timer 1 started 10s`; the component is the same, sha256:010101010101
            Running
            task failed 1 times, again at 11s: [W0101] diverged from history at event 5: recorded `patch fast recorded`, guest asked for `timer 1 started 10s`; the component is the same, sha256:010101010101
            search attributes: TemporalChangeVersion=["fast"]
        "#]],
    );
}
