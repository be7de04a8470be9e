use expect_test::expect;
use refrain_testkit::check;

#[test]
fn a_run_that_fails_says_why() {
    check(
        r#"
         0s start order
            guest timer 5s
            guest fail "out of stock"
         9s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_trap_fails_the_task_and_not_the_run() {
    check(
        r#"
         0s start order
            guest timer 5s
            guest trap
         5500ms query seen
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_trap_in_the_first_task_keeps_the_run_that_was_started() {
    check(
        r#"
         0s start order request=a
            guest trap
         4500ms deploy
            guest complete seen
         9s start order request=a
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_failing_task_is_written_once_and_tried_with_growing_waits() {
    check(
        r#"
         0s start order
            guest trap
         8s signal a
        40s signal b
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn what_arrives_while_a_task_fails_is_shown_when_it_succeeds() {
    check(
        r#"
         0s start order
            guest activity charge, timer 3500ms
            guest trap
         1s take charge
         2s signal a
       2100ms signal b
         4s done charge "paid"
       4100ms cancel "why"
       4200ms deploy
            guest activity charge, timer 3500ms
            guest -
            guest -
            guest -
            guest -
            guest complete seen
        60s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn wishes_of_a_failed_task_are_void() {
    check(
        r#"
         0s start order
            guest -
            guest timer 5s, activity charge, publish step "1", complete "no", trap
         1s signal a
       1500ms take charge
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_run_with_a_failing_task_can_be_terminated_and_runs_out_of_time() {
    check(
        r#"
         0s start order run-timeout=20s
            guest trap
         1500ms terminate "hopeless"
         2s start order run-timeout=20s
        60s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn an_activity_without_a_limit_is_refused_and_said_so() {
    check(
        r#"
         0s start order
            guest activity charge unlimited
         1500ms deploy
            guest activity charge
         9s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_second_failure_after_a_success_is_written_again() {
    check(
        r#"
         0s start order
            guest trap
         1500ms deploy
            guest timer 10s
            guest trap
        20s -
        "#,
        expect![[r#""#]],
    );
}
