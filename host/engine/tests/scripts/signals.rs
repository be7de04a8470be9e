use expect_test::expect;
use refrain_testkit::check;

#[test]
fn signals_reach_the_guest_once_and_in_their_order() {
    check(
        r#"
         0s start order
            guest -
            guest timer 5s
            guest -
            guest -
            guest complete seen
         1s signal a "1"
         2s signal b "2" request=r1
         3s signal b "2" request=r1
         8s signal c
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_signal_to_nobody_is_refused() {
    check(
        r#"
         1s signal a
         2s query seen
         3s cancel
         4s terminate "why"
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_closed_run_takes_no_signal_but_answers_queries() {
    check(
        r#"
         0s start order
            guest complete "done"
         1s signal a
         2s query seen
         3s query nothing
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_signal_waits_for_a_first_task_that_is_put_off() {
    check(
        r#"
         0s start order backoff=10s
            guest -
            guest complete seen
         5s signal a
        20s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn what_a_guest_publishes_is_kept() {
    check(
        r#"
         0s start order
            guest publish step "first", publish by "me"
            guest publish step "second"
         1s signal go
        "#,
        expect![[r#""#]],
    );
}
