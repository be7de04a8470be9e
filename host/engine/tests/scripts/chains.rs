//! Runs that take the place of others: continue-as-new, retries.

use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_run_that_continues_as_new_is_closed_for_the_next_in_one_commit() {
    check(
        r#"
         0s start order "order-1"
            guest timer 30s
            guest first 2 ? continue : complete "enough"
        90s -
        "#,
        expect![[r#"
            1          0s  execution started order "order-1" queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6         30s  timer 1 fired
            7-9       30s  task completed
            10        30s  execution continued as new order 1
            next run
            1         30s  execution started order 1 queue=orders, continued
            2-4       30s  task completed
            5         30s  timer 1 started 30s
            6          1m  timer 1 fired
            7-9        1m  task completed
            10         1m  execution continued as new order 2
            next run
            1          1m  execution started order 2 queue=orders, continued
            2-4        1m  task completed
            5          1m  timer 1 started 30s
            6       1m30s  timer 1 fired
            7-9     1m30s  task completed
            10      1m30s  execution completed "enough"
        "#]],
    );
}

#[test]
fn signals_that_were_not_received_are_carried_over_in_order_and_those_that_were_are_not() {
    check(
        r#"
         0s start order
            guest -
            guest ignore
            guest -
            guest ignore
            guest first 1 ? continue : -
         1s signal a "1"
         2s signal b "2"
         3s signal c "3" request=r1
         4s signal d "4"
         5s signal e "5"
        60s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal a received "1"
            6-8        1s  task completed
            9          2s  signal b received "2"
            10-12      2s  task completed
            13         3s  signal c received "3"
            14-16      3s  task completed
            17         4s  signal d received "4"
            18-20      4s  task completed
            21         4s  execution continued as new order 1
            next run
            1          4s  execution started order 1 queue=orders, continued
            2          4s  signal a received "1"
            3          4s  signal c received "3"
            4-6        4s  task completed
            7          5s  signal e received "5"
            8-10       5s  task completed
            Running
            at 1m  seen: "start order; signal a; signal c; signal e"
        "#]],
    );
}

#[test]
fn a_program_that_does_nothing_but_continue_ends_when_it_says_so() {
    check(
        r#"
         1s start order
            guest first 5 ? continue : complete seen
         2s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  execution continued as new order 1
            next run
            1          1s  execution started order 1 queue=orders, continued
            2-4        1s  task completed
            5          1s  execution continued as new order 2
            next run
            1          1s  execution started order 2 queue=orders, continued
            2-4        1s  task completed
            5          1s  execution continued as new order 3
            next run
            1          1s  execution started order 3 queue=orders, continued
            2-4        1s  task completed
            5          1s  execution continued as new order 4
            next run
            1          1s  execution started order 4 queue=orders, continued
            2-4        1s  task completed
            5          1s  execution continued as new order 5
            next run
            1          1s  execution started order 5 queue=orders, continued
            2-4        1s  task completed
            5          1s  execution completed "start order"
        "#]],
    );
}

#[test]
fn the_next_run_may_be_of_another_type_and_queue() {
    check(
        r#"
         1s start order
            guest first 1 ? continue type=invoice queue=invoices : complete seen
         2s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  execution continued as new invoice 1
            next run
            1          1s  execution started invoice 1 queue=invoices, continued
            2-4        1s  task completed
            5          1s  execution completed "start invoice"
        "#]],
    );
}

#[test]
fn a_workflow_that_fails_is_tried_again_until_it_works() {
    check(
        r#"
         1s start order "order-1" retry=5s attempts=4
            guest first 2 ? fail "no card" : complete seen
        60s -
        "#,
        expect![[r#"
            1          1s  execution started order "order-1" queue=orders
            2-4        1s  task completed
            5          1s  execution failed "no card" InProgress, next run
            next run
            1          1s  execution started order "order-1" queue=orders, attempt 2 in 5s, after "no card"
            2-4        6s  task completed
            5          6s  execution failed "no card" InProgress, next run
            next run
            1          6s  execution started order "order-1" queue=orders, attempt 3 in 10s, after "no card"
            2-4       16s  task completed
            5         16s  execution completed "start order"
        "#]],
    );
}

#[test]
fn a_workflow_is_not_tried_again_when_its_policy_says_so() {
    check(
        r#"
         1s start order retry=5s attempts=2
            guest fail "no card"
        60s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  execution failed "no card" InProgress, next run
            next run
            1          1s  execution started order queue=orders, attempt 2 in 5s, after "no card"
            2-4        6s  task completed
            5          6s  execution failed "no card" MaximumAttemptsReached
        "#]],
    );
    check(
        r#"
         1s start order retry=5s
            guest fail "never" final
        60s deploy
            guest fail "no money" type=Broke
        60s start order retry=5s final=Broke
        60s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  execution failed "never" NonRetryableFailure
            next run
            1          1m  execution started order queue=orders
            2-4        1m  task completed
            5          1m  execution failed "no money" NonRetryableFailure
        "#]],
    );
}

#[test]
fn a_retry_that_would_begin_after_the_execution_timeout_does_not_begin() {
    check(
        r#"
         1s start order retry=5s timeout=12s
            guest fail "no"
        60s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  execution failed "no" InProgress, next run
            next run
            1          1s  execution started order queue=orders, attempt 2 in 5s, after "no"
            2-4        6s  task completed
            5          6s  execution failed "no" Timeout
        "#]],
    );
}

#[test]
fn a_run_that_times_out_is_tried_again_with_the_signals_it_had_not_received() {
    check(
        r#"
         1s start order retry=5s attempts=2 run-timeout=30s
            guest timer 1h
            guest ignore
            guest first 1 ? - : complete seen
         2s signal a "1"
         3s signal b "2"
       120s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  timer 1 started 1h
            6          2s  signal a received "1"
            7-9        2s  task completed
            10         3s  signal b received "2"
            11-13      3s  task completed
            14        31s  execution timed out InProgress, next run
            next run
            1         31s  execution started order queue=orders, attempt 2 in 5s, after StartToClose timeout
            2         31s  signal a received "1"
            3-5       36s  task completed
            6         36s  timer 1 started 1h
            7        1m6s  execution timed out MaximumAttemptsReached
        "#]],
    );
}

#[test]
fn the_execution_timeout_ends_the_whole_chain() {
    check(
        r#"
         1s start order timeout=50s
            guest timer 20s
            guest continue
       120s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  timer 1 started 20s
            6         21s  timer 1 fired
            7-9       21s  task completed
            10        21s  execution continued as new order 1
            next run
            1         21s  execution started order 1 queue=orders, continued
            2-4       21s  task completed
            5         21s  timer 1 started 20s
            6         41s  timer 1 fired
            7-9       41s  task completed
            10        41s  execution continued as new order 2
            next run
            1         41s  execution started order 2 queue=orders, continued
            2-4       41s  task completed
            5         41s  timer 1 started 20s
            6         51s  execution timed out Timeout
        "#]],
    );
}

#[test]
fn a_cancel_is_no_reason_to_try_again() {
    check(
        r#"
         1s start order retry=5s
            guest timer 1h
            guest fail canceled
         2s cancel "tired"
        60s -
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  timer 1 started 1h
            6          2s  cancel requested tired
            7-9        2s  task completed
            10         2s  execution canceled
        "#]],
    );
}

#[test]
fn a_start_sent_again_finds_the_chain_that_it_began() {
    check(
        r#"
         1s start order request=r1
            guest first 2 ? continue : timer 1h
         2s start order request=r1
         3s start order request=r2
        "#,
        expect![[r#"
            1          1s  execution started order queue=orders
            2-4        1s  task completed
            5          1s  execution continued as new order 1
            next run
            1          1s  execution started order 1 queue=orders, continued
            2-4        1s  task completed
            5          1s  execution continued as new order 2
            next run
            1          1s  execution started order 2 queue=orders, continued
            2-4        1s  task completed
            5          1s  timer 1 started 1h
            Running
            at 2s  its own run
            at 3s  refused: already started
        "#]],
    );
}

#[test]
fn a_signal_that_is_sent_again_after_a_run_has_continued_is_known() {
    check(
        r#"
         0s start order
            guest -
            guest -
            guest first 2 ? continue : -
         1s signal a "1" request=r1
         2s signal b "2" request=r2
         3s signal a "1" request=r1
         4s signal b "2" request=r2
         5s signal c "3" request=r3
         6s signal d "4" request=r4
         7s signal a "1" request=r1
         8s signal d "4" request=r4
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal a received "1"
            6-8        1s  task completed
            9          2s  signal b received "2"
            10-12      2s  task completed
            13         2s  execution continued as new order 1
            next run
            1          2s  execution started order 1 queue=orders, continued
            2-4        2s  task completed
            5          5s  signal c received "3"
            6-8        5s  task completed
            9          6s  signal d received "4"
            10-12      6s  task completed
            13         6s  execution continued as new order 2
            next run
            1          6s  execution started order 2 queue=orders, continued
            2-4        6s  task completed
            Running
        "#]],
    );
}

#[test]
fn a_signal_that_is_carried_over_is_there_once_also_if_it_is_sent_again() {
    check(
        r#"
         0s start order
            guest -
            guest ignore
            guest first 1 ? continue : -
         1s signal a "1" request=r1
         2s signal b "2" request=r2
         3s signal a "1" request=r1
         4s signal b "2" request=r2
         9s query seen
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          1s  signal a received "1"
            6-8        1s  task completed
            9          2s  signal b received "2"
            10-12      2s  task completed
            13         2s  execution continued as new order 1
            next run
            1          2s  execution started order 1 queue=orders, continued
            2          2s  signal a received "1"
            3-5        2s  task completed
            Running
            at 9s  seen: "start order; signal a"
        "#]],
    );
}

#[test]
fn an_attempt_at_a_workflow_knows_the_signals_of_the_attempt_before() {
    check(
        r#"
         0s start order retry=5s attempts=2
            guest timer 10s
            guest -
            guest fail "no card"
         1s signal a "1" request=r1
        12s signal a "1" request=r1
        16s signal a "1" request=r1
        17s terminate "enough"
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 10s
            6          1s  signal a received "1"
            7-9        1s  task completed
            10        10s  timer 1 fired
            11-13     10s  task completed
            14        10s  execution failed "no card" InProgress, next run
            next run
            1         10s  execution started order queue=orders, attempt 2 in 5s, after "no card"
            2-4       15s  task completed
            5         15s  timer 1 started 10s
            6         17s  execution terminated "enough"
        "#]],
    );
}
