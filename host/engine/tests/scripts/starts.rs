use expect_test::expect;
use refrain_testkit::check;

#[test]
fn the_same_request_starts_one_run() {
    check(
        r#"
         0s start order "1" request=a
            guest -
            guest complete "done"
         1s start order "1" request=a
         2s start order "2" request=b
         3s start order "2" request=b conflict=use
         4s signal go
         5s start order "1" request=a
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn an_id_is_used_again_after_the_end_as_its_policy_says() {
    check(
        r#"
         0s start order
            guest complete "done"
         1s start order reuse=reject
         2s start order reuse=failed-only
         3s start order reuse=allow
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn an_id_whose_run_failed_is_free_for_those_who_only_repeat_failures() {
    check(
        r#"
         0s start order
            guest fail "no"
         1s start order reuse=reject
         2s start order reuse=failed-only
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_start_may_end_the_run_that_is_in_its_way() {
    check(
        r#"
         0s start order "1"
            guest timer 10s, activity charge work=60s
            guest complete seen
         1s take charge
         5s start order "2" conflict=terminate
         6s done charge "paid"
        20s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_start_that_is_put_off_begins_when_its_wait_is_over() {
    check(
        r#"
         0s start order backoff=10s run-timeout=20s
            guest timer 60s
         5s query seen
        99s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_run_ends_when_the_time_of_its_execution_is_over() {
    check(
        r#"
         0s start order run-timeout=30s timeout=20s
            guest timer 60s
        99s signal a
        "#,
        expect![[r#""#]],
    );
}
