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
        expect![[r#""#]],
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
        expect![[r#""#]],
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
        expect![[r#""#]],
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
        expect![[r#""#]],
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
        expect![[r#""#]],
    );
}
