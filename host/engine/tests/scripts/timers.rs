use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_timer_fires_when_its_time_is_over() {
    check(
        r#"
         0s start order "order-1"
            guest timer 30s
            guest complete seen
        29s query seen
        31s -
        "#,
        expect![[r#"
            1          0s  execution started order "order-1" queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6         30s  timer 1 fired
            7-9       30s  task completed
            10        30s  execution completed "start order; timer 1 fired"
            at 29s  seen: "start order"
        "#]],
    );
}

#[test]
fn timers_fire_in_the_order_of_their_times() {
    check(
        r#"
         0s start order
            guest timer 30s, timer 10s, timer 20s
            guest timer 5s
            guest -
            guest -
            guest complete seen
        60s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6          0s  timer 2 started 10s
            7          0s  timer 3 started 20s
            8         10s  timer 2 fired
            9-11      10s  task completed
            12        10s  timer 4 started 5s
            13        15s  timer 4 fired
            14-16     15s  task completed
            17        20s  timer 3 fired
            18-20     20s  task completed
            21        30s  timer 1 fired
            22-24     30s  task completed
            25        30s  execution completed "start order; timer 2 fired; timer 4 fired; timer 3 fired; timer 1 fired"
        "#]],
    );
}

#[test]
fn a_timer_beyond_the_window_that_memory_holds_fires_too() {
    check(
        r#"
         0s start order
            guest timer 3d
            guest complete seen
         4d -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 3d
            6          3d  timer 1 fired
            7-9        3d  task completed
            10         3d  execution completed "start order; timer 1 fired"
        "#]],
    );
}

#[test]
fn a_canceled_timer_never_fires() {
    check(
        r#"
         0s start order
            guest timer 30s
            guest cancel 1, timer 60s
            guest -
            guest complete seen
        10s signal give-up
        99s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 30s
            6         10s  signal give-up received
            7-9       10s  task completed
            10        10s  timer 1 canceled
            11        10s  timer 2 started 1m
            12      1m10s  timer 2 fired
            13-15   1m10s  task completed
            16      1m10s  execution completed "start order; signal give-up; timer 1 canceled; timer 2 fired"
        "#]],
    );
}

#[test]
fn a_timer_of_no_length_fires_at_once() {
    check(
        r#"
         0s start order
            guest timer 0s
            guest complete seen
         1s -
        "#,
        expect![[r#"
            1          0s  execution started order queue=orders
            2-4        0s  task completed
            5          0s  timer 1 started 0s
            6          0s  timer 1 fired
            7-9        0s  task completed
            10         0s  execution completed "start order; timer 1 fired"
        "#]],
    );
}
