//! Local activities: in the step that begins them, or in one of their own.

use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_local_activity_is_a_marker_in_the_task_that_asked_for_it() {
    check(
        r#"
         0s start order
            guest local look "7"
            guest local look "8", timer 5s
            guest -
            guest complete seen
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  local activity look (1) completed "7", attempt 1
            6          0s  timer 3 started 5s
            7          0s  local activity look (2) completed "8", attempt 1
            8          5s  timer 3 fired
            9-11       5s  task completed
            12         5s  execution completed "start order; activity 1 '7'; activity 2 '8'; timer 3 fired"
        "#]],
    );
}

#[test]
fn what_is_too_slow_for_its_step_comes_in_one_of_its_own() {
    check(
        r#"
        late-locals
         0s start order
            guest local look "7", timer 5s
            guest -
            guest complete seen
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 2 started 5s
            6-8        0s  task completed
            9          0s  local activity look (1) completed "7", attempt 1
            10         5s  timer 2 fired
            11-13      5s  task completed
            14         5s  execution completed "start order; activity 1 '7'; timer 2 fired"
        "#]],
    );
}

#[test]
fn a_local_activity_that_fails_is_tried_again_in_memory() {
    check(
        r#"
         0s start order
            guest local flaky "7" retry=1ms
            guest local flaky "8" retry=1ms attempts=2
            guest local never
            guest complete seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  local activity flaky (1) completed "7", attempt 3
            6          0s  local activity flaky (2) failed "not yet", attempt 2
            7          0s  local activity never (3) failed "never", attempt 1
            8          0s  execution completed "start order; activity 1 '7'; activity 2 Activity task failed: not yet; activity 3 Activity task failed: never"
        "#]],
    );
}

#[test]
fn a_long_backoff_is_a_durable_timer() {
    check(
        r#"
         0s start order
            guest local flaky "7" retry=90s
            guest -
            guest complete seen
       100s signal hello
       400s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  local activity flaky (1) backs off "not yet", attempt 1
            6          0s  timer local-1-1 started 1m30s
            7       1m30s  timer local-1-1 fired
            8-10    1m30s  task completed
            11      1m30s  local activity flaky (1) backs off "not yet", attempt 2
            12      1m30s  timer local-1-2 started 3m
            13      1m40s  signal hello received
            14-16   1m40s  task completed
            17      4m30s  timer local-1-2 fired
            18-20   4m30s  task completed
            21      4m30s  local activity flaky (1) completed "7", attempt 3
            22      4m30s  execution completed "start order; signal hello; activity 1 '7'"
        "#]],
    );
}

#[test]
fn a_local_activity_that_nobody_offers_fails_and_says_so() {
    check(
        r#"
         0s start order
            guest local nothing
            guest complete seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  local activity nothing (1) failed "local activity `nothing` is not in the component of activities deployed to task queue `orders`", attempt 1
            6          0s  execution completed "start order; activity 1 Activity task failed: local activity `nothing` is not in the component of activities deployed to task queue `orders`"
        "#]],
    );
}

#[test]
fn a_local_activity_that_backs_off_is_canceled_at_once() {
    check(
        r#"
         0s start order
            guest local flaky "7" retry=90s
            guest cancel 1
            guest timer 200s
            guest complete seen
         1s signal stop
       400s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  local activity flaky (1) backs off "not yet", attempt 1
            6          0s  timer local-1-1 started 1m30s
            7          1s  signal stop received
            8-10       1s  task completed
            11         1s  timer 2 started 3m20s
            12      1m30s  timer local-1-1 fired
            13-15   1m30s  task completed
            16      3m21s  timer 2 fired
            17-19   3m21s  task completed
            20      3m21s  execution completed "start order; signal stop; activity 1 Local Activity cancelled; timer 2 fired"
        "#]],
    );
}

#[test]
fn a_task_that_fails_after_a_local_activity_does_it_again() {
    check(
        r#"
         0s start order
            guest local look "7"
            guest trap
         1s deploy
            guest local look "7"
            guest complete seen
        10s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            5-7        3s  task completed
            8          3s  local activity look (1) completed "7", attempt 1
            9          3s  execution completed "start order; activity 1 '7'"
        "#]],
    );
}

#[test]
fn another_local_activity_than_the_recorded_one_diverges() {
    check(
        r#"
         0s start order
            guest local look "7", timer 60s
            guest -
         1s deploy
            guest timer 60s
         2s signal hello
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 2 started 1m
            6          0s  local activity look (1) completed "7", attempt 1
            7          2s  signal hello received
            8-10       2s  task failed: NonDeterministicError, [W0101] diverged from history at event 5: recorded `timer 2 started 1m`, guest asked for `timer 1 started 1m`; the component is the same, sha256:010101010101
            Running
            task failed 1 times, again at 3s: [W0101] diverged from history at event 5: recorded `timer 2 started 1m`, guest asked for `timer 1 started 1m`; the component is the same, sha256:010101010101
        "#]],
    );
}
