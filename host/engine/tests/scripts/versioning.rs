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
        expect![[r#""#]],
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
        expect![[r#""#]],
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
        expect![[r#""#]],
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
        expect![[r#""#]],
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
        expect![[r#""#]],
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
        expect![[r#""#]],
    );
}
