use expect_test::expect;
use refrain_testkit::check;

#[test]
fn an_activity_goes_to_a_worker_and_its_result_to_the_guest() {
    check(
        r#"
         0s start order
            guest activity charge "order-1"
            guest activity ship "order-1" queue=cars id=parcel
            guest complete seen
         2s take charge
         5s done charge "paid"
         6s take ship by=w2
         7s done ship "sent"
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_failed_attempt_is_tried_again_after_its_backoff() {
    check(
        r#"
         0s start order
            guest activity charge attempts=3
            guest complete seen
         1s take charge by=w1
         2s fail charge "no network"
       2500ms take charge by=w2
         4s take charge by=w2
         5s fail charge "still none"
         8s take charge by=w3
         9s fail charge "never"
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn an_attempt_that_backs_off_is_shown_with_its_time() {
    check(
        r#"
         0s start order
            guest activity charge retry=10s, activity refund
         1s take charge
         2s fail charge "no network"
         3s take refund
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_failure_may_be_final_or_say_itself_when_to_try_again() {
    check(
        r#"
         0s start order
            guest activity charge final=Card, activity refund
            guest -
            guest complete seen
         1s take charge
         2s fail charge "no network" type=Net again=30s
        40s take charge
        41s fail charge "stolen" type=Card
        42s take refund
        43s fail refund "never" final
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn work_that_takes_too_long_is_given_to_another_worker() {
    check(
        r#"
         0s start order
            guest activity charge work=5s
            guest complete seen
         1s take charge by=w1
         9s take charge by=w2
        10s done charge "paid"
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_worker_that_comes_too_late_is_refused() {
    check(
        r#"
         0s start order
            guest activity charge work=5s attempts=1
            guest complete seen
         1s take charge
         9s done charge "paid"
        10s beat charge
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn a_silent_worker_is_replaced_and_its_last_word_kept() {
    check(
        r#"
         0s start order
            guest activity charge work=60s beat=5s
            guest complete seen
         1s take charge by=w1
         4s beat charge "50"
         8s beat charge "80"
        20s take charge by=w2
        24s beat charge "90"
        26s done charge "paid"
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn an_activity_that_nobody_takes_times_out() {
    check(
        r#"
         0s start order
            guest activity charge work=60s wait=5s
            guest complete seen
        60s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn the_limit_of_all_attempts_cuts_the_last_one() {
    check(
        r#"
         0s start order
            guest activity charge work=20s close=30s
            guest complete seen
         1s take charge
        25s take charge
        60s -
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn activities_end_with_their_run() {
    check(
        r#"
         0s start order run-timeout=20s
            guest activity charge, activity refund work=60s
         1s take refund
        30s done refund "late"
        31s take charge
        "#,
        expect![[r#""#]],
    );
}

#[test]
fn several_activities_of_one_queue_are_handed_out_in_their_order() {
    check(
        r#"
         0s start order
            guest activity a, activity b, activity c
            guest -
            guest -
            guest complete seen
         1s take a
         2s take b
         3s take c
         4s done c "3"
         5s done a "1"
         6s done b "2"
        "#,
        expect![[r#""#]],
    );
}
