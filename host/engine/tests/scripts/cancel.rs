use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_cancel_is_a_message_that_the_guest_may_follow() {
    check(
        r#"
         0s start order
            guest timer 60s
            guest cancel 1
            guest fail canceled
         5s cancel "too slow"
         6s cancel
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_cancel_is_a_message_that_the_guest_may_ignore() {
    check(
        r#"
         0s start order
            guest timer 60s
            guest -
            guest complete seen
         5s cancel "too slow"
         6s cancel "again"
        99s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_terminate_asks_nobody() {
    check(
        r#"
         0s start order
            guest timer 60s, activity charge work=60s
         1s take charge
         5s terminate "enough"
         6s beat charge
         7s done charge "paid"
        99s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_tried_cancel_is_seen_at_once_and_the_worker_is_told() {
    check(
        r#"
         0s start order
            guest activity charge work=60s beat=30s
            guest cancel 1
            guest timer 60s
         1s take charge
         2s beat charge "not yet"
         3s signal give-up
         4s beat charge "now"
         5s give-up charge
         6s query seen
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_tried_cancel_of_an_activity_that_nobody_took_closes_it() {
    check(
        r#"
         0s start order
            guest activity charge work=60s
            guest cancel 1
         3s signal give-up
         4s take charge
         5s query seen
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_waited_cancel_is_seen_when_the_worker_gives_up() {
    check(
        r#"
         0s start order
            guest activity charge work=60s wait-cancel
            guest cancel 1
            guest complete seen
         1s take charge
         3s signal give-up
         4s query seen
         5s give-up charge
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_waited_cancel_of_an_activity_that_backs_off_ends_it() {
    check(
        r#"
         0s start order
            guest activity charge retry=60s wait-cancel
            guest cancel 1
            guest complete seen
         1s take charge
         2s fail charge "no network"
         3s signal give-up
        99s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn an_abandoned_activity_goes_on_unheard() {
    check(
        r#"
         0s start order
            guest activity charge work=60s abandon
            guest cancel 1
         1s take charge
         3s signal give-up
         4s beat charge
         5s done charge "paid"
         6s query seen
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn an_attempt_that_fails_after_the_cancel_is_the_last() {
    check(
        r#"
         0s start order
            guest activity charge work=60s wait-cancel
            guest cancel 1
            guest complete seen
         1s take charge
         3s signal give-up
         4s fail charge "broke while stopping"
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_cancel_begins_a_run_that_waits_for_its_first_task() {
    check(
        r#"
         0s start order backoff=10s
            guest timer 60s
            guest fail canceled
         5s cancel "not needed"
        20s -
        "#,
        expect![[r#""#]],
    );
}
