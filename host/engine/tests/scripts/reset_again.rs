//! What came to a run after the place that it is reset to comes to the new run again.

use expect_test::expect;
use refrain_testkit::check;

#[test]
fn updates_come_again_among_the_signals_in_the_order_in_which_they_came() {
    check(
        r#"
         0s start order
            guest -
            guest answer u1 "one"
            guest -
            guest timer 9s
            guest answer u2 "two"
            guest complete seen
         1s update pay "1" id=u1
         2s signal go "2"
         3s update ship "3" id=u2
         4s reset 4 "from the start"
         5s ask u1
         6s update pay "1" id=u1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted "1"
            9          1s  update u1 completed "one"
            10         2s  signal go received "2"
            11-13      2s  task completed
            14-16      3s  task completed
            17         3s  update ship (u2) accepted "3"
            18         3s  timer 1 started 9s
            19         4s  execution terminated "from the start"
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, from the start
            5          4s  update pay (u1) admitted "1"
            6          4s  signal go received "2"
            7          4s  update ship (u2) admitted "3"
            8-10       4s  task completed
            11         4s  update u1 accepted
            12         4s  update u1 completed "one"
            13         4s  update u2 accepted
            14         4s  timer 1 started 9s
            Running
            at 1s  update u1 completed "one"
            at 3s  update u2 accepted
            at 5s  update u1 completed "one"
            at 6s  update u1 completed "one"
        "#]],
    );
}

#[test]
fn updates_and_signals_are_left_out_if_the_reset_says_so() {
    check(
        r#"
         0s start order
            guest -
            guest answer any "ok"
            guest -
         1s update pay "1" id=u1
         2s signal go "2"
         3s reset 4 updates=no
         4s reset 4 signals=no
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted "1"
            9          1s  update u1 completed "ok"
            10         2s  signal go received "2"
            11-13      2s  task completed
            14         3s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5          3s  signal go received "2"
            6-8        3s  task completed
            9          4s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5-7        4s  task completed
            Running
            at 1s  update u1 completed "ok"
        "#]],
    );
}

#[test]
fn an_update_that_came_again_is_part_of_the_history_that_the_next_reset_keeps() {
    check(
        r#"
         0s start order
            guest -
            guest answer any "ok"
            guest answer any "ok"
            guest complete seen
         1s update pay "1" id=u1
         2s update pay "2" id=u2
         3s reset 4
         4s reset 9 updates=no
         5s signal go
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted "1"
            9          1s  update u1 completed "ok"
            10-12      2s  task completed
            13         2s  update pay (u2) accepted "2"
            14         2s  update u2 completed "ok"
            15         3s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5          3s  update pay (u1) admitted "1"
            6          3s  update pay (u2) admitted "2"
            7-9        3s  task completed
            10         3s  update u1 accepted
            11         3s  update u1 completed "ok"
            12         3s  update u2 accepted
            13         3s  update u2 completed "ok"
            14         4s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5          3s  update pay (u1) admitted "1"
            6          3s  update pay (u2) admitted "2"
            7-9        3s  task failed: ResetWorkflow, 
            10-12      4s  task completed
            13         4s  update u1 accepted
            14         4s  update u1 completed "ok"
            15         4s  update u2 accepted
            16         4s  update u2 completed "ok"
            17         5s  signal go received
            18-20      5s  task completed
            21         5s  execution completed "start order; update pay; update pay; signal go"
            at 1s  update u1 completed "ok"
            at 2s  update u2 completed "ok"
        "#]],
    );
}

#[test]
fn an_update_that_is_refused_this_time_is_told_so_and_history_says_it() {
    check(
        r#"
         0s start order
            guest -
            guest answer u1 "one"
            guest answer u2 "two"
         1s update pay "1" id=u1
         2s update calm "2" id=u2
         3s deploy
            guest -
            guest -
            guest answer u1 "late"
            guest complete seen
         4s reset 4
         5s ask u2
         6s update calm "2" id=u2
         7s signal one
         8s signal two
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted "1"
            9          1s  update u1 completed "one"
            10-12      2s  task completed
            13         2s  update calm (u2) accepted "2"
            14         2s  update u2 completed "two"
            15         4s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5          4s  update pay (u1) admitted "1"
            6          4s  update calm (u2) admitted "2"
            7-9        4s  task completed
            10         4s  update u1 accepted
            11         4s  update u2 rejected "another one is open"
            12         7s  signal one received
            13-15      7s  task completed
            16         7s  update u1 completed "late"
            17         8s  signal two received
            18-20      8s  task completed
            21         8s  execution completed "start order; update pay; signal one; signal two"
            at 1s  update u1 completed "one"
            at 2s  update u2 completed "two"
            at 5s  update u2 rejected: another one is open
            at 6s  update u2 rejected: another one is open
        "#]],
    );
}

#[test]
fn an_update_that_comes_again_waits_out_a_task_that_fails() {
    check(
        r#"
         0s start order
            guest -
            guest answer u1 "one"
            guest complete seen
         1s update pay "1" id=u1
         2s deploy
            guest trap
         3s reset 4
         4s ask u1
         5s deploy
            guest -
            guest answer u1 "repaired"
            guest complete seen
        60s ask u1
        61s signal go
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5-7        1s  task completed
            8          1s  update pay (u1) accepted "1"
            9          1s  update u1 completed "one"
            10         3s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5          3s  update pay (u1) admitted "1"
            6-8        3s  task failed: WorkflowWorkerUnhandledFailure, [W0201] guest failed: the script says `trap`
            9-11       6s  task completed
            12         6s  update u1 accepted
            13         6s  update u1 completed "repaired"
            14       1m1s  signal go received
            15-17    1m1s  task completed
            18       1m1s  execution completed "start order; update pay; signal go"
            at 1s  update u1 completed "one"
            at 4s  update u1 waits
            at 1m  update u1 completed "repaired"
        "#]],
    );
}

#[test]
fn an_update_that_comes_again_and_was_not_handed_over_goes_on_with_the_chain() {
    check(
        r#"
         0s start order
            guest -
            guest answer any "one"
            guest -
         1s signal go
         2s update pay "1" id=u1
         3s deploy
            guest first 1 ? continue : -
            guest answer any "in the next run"
            guest complete seen
         4s reset 4 signals=no
         5s ask u1
         6s signal more
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal go received
            6-8        1s  task completed
            9-11       2s  task completed
            12         2s  update pay (u1) accepted "1"
            13         4s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5          4s  update pay (u1) admitted "1"
            6-8        4s  task completed
            9          4s  execution continued as new order 1
            next run
            1          4s  execution started order 1 queue=orders, continued
            2          4s  update pay (u1) admitted "1"
            3-5        4s  task completed
            6          4s  update u1 accepted
            7          4s  update u1 completed "in the next run"
            8          6s  signal more received
            9-11       6s  task completed
            12         6s  execution completed "start order; update pay; signal more"
            at 2s  update u1 accepted
            at 5s  update u1 completed "in the next run"
        "#]],
    );
}

#[test]
fn what_came_to_the_runs_that_it_was_continued_as_comes_again_once() {
    check(
        r#"
         0s start order
            guest timer 9s
            guest ignore
            guest first 1 ? continue : answer any "late"
            guest -
         1s signal kept "1"
         9s -
        10s signal more "2"
        11s update pay "3" id=u1
        12s reset 4 run=1
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 9s
            6          1s  signal kept received "1"
            7-9        1s  task completed
            10         9s  timer 1 fired
            11-13      9s  task completed
            14         9s  execution continued as new order 1
            next run
            1          9s  execution started order 1 queue=orders, continued
            2          9s  signal kept received "1"
            3-5        9s  task completed
            6          9s  timer 1 started 9s
            7         10s  signal more received "2"
            8-10      10s  task completed
            11-13     11s  task completed
            14        11s  update pay (u1) accepted "3"
            15        12s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5         12s  signal kept received "1"
            6         12s  signal more received "2"
            7         12s  update pay (u1) admitted "3"
            8-10      12s  task completed
            11        12s  timer 1 started 9s
            12        12s  execution continued as new order 1
            next run
            1         12s  execution started order 1 queue=orders, continued
            2         12s  signal kept received "1"
            3         12s  update pay (u1) admitted "3"
            4-6       12s  task completed
            7         12s  timer 1 started 9s
            8         12s  update u1 accepted
            9         12s  update u1 completed "late"
            Running
            at 11s  update u1 accepted
        "#]],
    );
}

#[test]
fn who_resets_onto_a_version_has_the_last_word_on_it() {
    check(
        r#"
         0s start order
            guest -
            guest -
            guest complete "old"
         1s run-options version=1 priority=2
         2s signal one
         3s release
            guest -
            guest -
            guest complete "second"
         4s release
            guest -
            guest -
            guest complete "third"
         5s reset 4 version=newest
         6s run-options version=auto
         7s reset 4 version=2
         8s signal two
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  execution options updated priority 2, pinned to version 1
            6          2s  signal one received
            7-9        2s  task completed
            10         5s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5          5s  execution options updated priority 2, pinned to version 1
            6          5s  signal one received
            7          5s  execution options updated priority 2, version 3 once
            8-10       5s  task completed on version 3
            11         6s  execution options updated priority 2, auto-upgrade
            12         7s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task failed: ResetWorkflow, 
            5          7s  execution options updated priority 2, pinned to version 1
            6          7s  signal one received
            7          7s  execution options updated priority 2, version 3 once
            8          7s  execution options updated priority 2, auto-upgrade
            9          7s  execution options updated priority 2, pinned to version 2
            10-12      7s  task completed on version 2
            13         8s  signal two received
            14-16      8s  task completed on version 2
            17         8s  execution completed "second"
        "#]],
    );
}

#[test]
fn options_that_come_again_put_the_new_run_where_they_say_if_it_fits() {
    check(
        r#"
         0s start order
            guest -
            guest timer 9s
            guest timer 60s
            guest complete "old"
         1s signal one
         2s signal two
         3s release
            guest -
            guest activity charge
            guest complete "does not fit the first timer"
         4s run-options version=auto
         5s reset 13
         6s reset 13 version=2
         7s reset 13 version=auto
         8s reset 8
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal one received
            6-8        1s  task completed
            9          1s  timer 1 started 9s
            10         2s  signal two received
            11-13      2s  task completed
            14         2s  timer 2 started 1m
            15         4s  execution options updated auto-upgrade
            16         5s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal one received
            6-8        1s  task completed
            9          1s  timer 1 started 9s
            10         2s  signal two received
            11-13      2s  task failed: ResetWorkflow, 
            14         5s  execution options updated auto-upgrade
            15-17      5s  task completed
            18         5s  timer 2 started 1m
            19         8s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal one received
            6-8        1s  task failed: ResetWorkflow, 
            9          8s  signal two received
            10         8s  execution options updated auto-upgrade
            11-13      8s  task completed on version 2
            14         8s  activity charge (1) scheduled
            15         8s  execution completed "does not fit the first timer"
            at 6s  refused: diverged from history at event 9: recorded `timer 1 started 9s`, guest asked for `activity charge (1) scheduled`; recorded by sha256:010101010101, replayed by sha256:020202020202: guard the change with `patched`, or pin the old component
            at 7s  refused: diverged from history at event 9: recorded `timer 1 started 9s`, guest asked for `activity charge (1) scheduled`; recorded by sha256:010101010101, replayed by sha256:020202020202: guard the change with `patched`, or pin the old component
        "#]],
    );
}

#[test]
fn options_of_the_start_that_were_cleared_stay_so_after_a_reset() {
    check(
        r#"
         0s start order version=auto
            guest -
            guest -
            guest -
            guest complete "old"
         1s run-options version=free
         2s signal one
         3s reset 9
         4s release
            guest -
            guest -
            guest -
            guest complete "new"
         5s signal two
         6s signal three
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  execution options updated
            6          2s  signal one received
            7-9        2s  task completed
            10         3s  execution terminated ""
            next run
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  execution options updated
            6          2s  signal one received
            7-9        2s  task failed: ResetWorkflow, 
            10-12      3s  task completed
            13         5s  signal two received
            14-16      5s  task completed
            17         6s  signal three received
            18-20      6s  task completed
            21         6s  execution completed "old"
        "#]],
    );
}
