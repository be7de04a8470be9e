//! Times are seconds since 0; the activity is scheduled at 0 s unless a test says otherwise.

use super::*;
use crate::ids::{ExecutionKey, NamespaceId, OpSeq, RunId};
use crate::machines::activity::Schedule;
use crate::options::{ActivityTimeouts, CancellationType, Priority, RetryPolicy};
use crate::payload::Payload;
use expect_test::{Expect, expect};
use std::collections::BTreeMap;

pub(super) fn s(secs: u64) -> Timestamp {
    Timestamp(secs * 1000)
}

pub(super) const fn secs(secs: u64) -> Delay {
    Delay::from_secs(secs)
}

/// `close`, `wait`, `work` and `beat`, each in seconds.
fn timeouts(text: &str) -> ActivityTimeouts {
    let mut timeouts = ActivityTimeouts::default();
    for word in text.split_whitespace() {
        let (name, value) = word.split_once('=').unwrap();
        let value = Some(secs(value.parse().unwrap()));
        match name {
            "close" => timeouts.schedule_to_close = value,
            "wait" => timeouts.schedule_to_start = value,
            "work" => timeouts.start_to_close = value,
            "beat" => timeouts.heartbeat = value,
            other => panic!("no timeout is called {other}"),
        }
    }
    timeouts
}

fn schedule(limits: &str) -> Schedule {
    Schedule {
        op: OpSeq(7),
        activity_id: None,
        activity_type: "charge".to_owned(),
        task_queue: None,
        input: Vec::new(),
        header: BTreeMap::new(),
        timeouts: timeouts(limits),
        retry: None,
        cancellation: CancellationType::TryCancel,
        summary: None,
        priority: Priority::default(),
    }
}

pub(super) fn task_with(limits: &str, retry: RetryPolicy) -> ActivityTask {
    let schedule = Schedule { retry: Some(retry), ..schedule(limits) };
    let run = RunKey {
        execution: ExecutionKey { namespace: NamespaceId(1), workflow: "order".into() },
        run: RunId(1),
    };
    let options = fill_in(&schedule, "orders", None, EventId(4)).unwrap();
    ActivityTask::new(run, EventId(5), s(0), "order".to_owned(), options, None)
}

pub(super) fn task(limits: &str) -> ActivityTask {
    task_with(limits, RetryPolicy::default())
}

pub(super) fn boom() -> Failure {
    Failure { message: "boom".to_owned(), ..Failure::default() }
}

fn typed(error_type: &str, non_retryable: bool, next_retry_delay: Option<Delay>) -> Failure {
    Failure {
        message: "boom".to_owned(),
        kind: FailureKind::Application {
            error_type: error_type.to_owned(),
            non_retryable,
            details: Vec::new(),
            next_retry_delay,
            benign: false,
        },
        ..Failure::default()
    }
}

fn print_next(next: &Next) -> String {
    match next {
        Next::Retry(task) => match task.state {
            State::Waiting { since } => {
                format!("attempt {} at {}", task.attempt, Delay(since.as_ms()))
            }
            State::Started { .. } => "a retry that is started already".to_owned(),
        },
        Next::Close(closed) => {
            let attempt = closed.attempt.as_ref().map_or(0, |it| it.number);
            let outcome = match &closed.outcome {
                ActivityOutcome::Completed { .. } => "completed".to_owned(),
                ActivityOutcome::Failed { failure, retry_state } => {
                    format!("failed {:?}, {retry_state:?}", failure.message)
                }
                ActivityOutcome::TimedOut { failure, retry_state } => {
                    let cause = failure.cause.as_ref().map_or("", |it| it.message.as_str());
                    format!("timed out {}, {retry_state:?}, cause {cause:?}", failure.type_name())
                }
                ActivityOutcome::Canceled { .. } => "canceled".to_owned(),
            };
            format!("after attempt {attempt}: {outcome}")
        }
    }
}

fn print_due(due: &Due) -> String {
    match due {
        Due::Later(at) => format!("later, at {}", Delay(at.as_ms())),
        Due::Dispatch => "dispatch".to_owned(),
        Due::TimedOut(next) => print_next(next),
        Due::Never => "never".to_owned(),
    }
}

fn check_filled(limits: &str, run_timeout: Option<Delay>, expected: Expect) {
    let text = match fill_in(&schedule(limits), "orders", run_timeout, EventId(4)) {
        Err(reason) => reason,
        Ok(filled) => {
            let show = |limit: Option<Delay>| limit.map_or("-".to_owned(), |it| it.to_string());
            let it = filled.timeouts;
            format!(
                "close={} wait={} work={} beat={}",
                show(it.schedule_to_close),
                show(it.schedule_to_start),
                show(it.start_to_close),
                show(it.heartbeat)
            )
        }
    };
    expected.assert_eq(&text);
}

#[test]
fn an_activity_without_any_time_limit_is_refused() {
    check_filled(
        "",
        None,
        expect!["activity `charge` has no time limit: set start_to_close or schedule_to_close"],
    );
    check_filled(
        "wait=5 beat=5",
        Some(secs(60)),
        expect!["activity `charge` has no time limit: set start_to_close or schedule_to_close"],
    );
}

#[test]
fn what_is_left_out_is_derived_from_what_is_given() {
    check_filled("close=30", None, expect!["close=30s wait=30s work=30s beat=-"]);
    check_filled("work=30", None, expect!["close=- wait=- work=30s beat=-"]);
    check_filled("work=30 wait=5", None, expect!["close=- wait=5s work=30s beat=-"]);
    check_filled("work=30", Some(secs(60)), expect!["close=1m wait=1m work=30s beat=-"]);
}

#[test]
fn no_limit_is_longer_than_the_limit_around_it() {
    check_filled(
        "close=100 wait=200 work=300 beat=400",
        None,
        expect!["close=1m40s wait=1m40s work=1m40s beat=1m40s"],
    );
    check_filled(
        "close=100 wait=200 work=300 beat=400",
        Some(secs(60)),
        expect!["close=1m wait=1m work=1m beat=1m"],
    );
    check_filled("work=10 beat=20", None, expect!["close=- wait=- work=10s beat=10s"]);
}

#[test]
fn zero_is_no_limit() {
    check_filled("work=10 beat=0", None, expect!["close=- wait=- work=10s beat=-"]);
    check_filled("work=10 close=0 wait=0", None, expect!["close=- wait=- work=10s beat=-"]);
    check_filled("work=0 close=10", None, expect!["close=10s wait=10s work=10s beat=-"]);
    check_filled(
        "work=0 close=0",
        None,
        expect!["activity `charge` has no time limit: set start_to_close or schedule_to_close"],
    );
}

#[test]
fn names_default_to_the_operation_and_the_queue_of_the_workflow() {
    let filled = fill_in(&schedule("work=1"), "orders", None, EventId(4)).unwrap();
    assert_eq!((filled.activity_id.as_str(), filled.task_queue.as_str()), ("7", "orders"));
    assert_eq!(filled.retry, RetryPolicy::default());
    let named = Schedule {
        activity_id: Some("pay".to_owned()),
        task_queue: Some("cards".to_owned()),
        ..schedule("work=1")
    };
    let filled = fill_in(&named, "orders", None, EventId(4)).unwrap();
    assert_eq!((filled.activity_id.as_str(), filled.task_queue.as_str()), ("pay", "cards"));
}

#[test]
fn contradictions_are_refused_with_what_was_found_and_expected() {
    let refusal = |change: &dyn Fn(&mut Schedule, &mut RetryPolicy)| {
        let mut retry = RetryPolicy::default();
        let mut schedule = schedule("work=1");
        change(&mut schedule, &mut retry);
        schedule.retry = Some(retry);
        fill_in(&schedule, "orders", None, EventId(4)).unwrap_err()
    };
    let all = [
        refusal(&|schedule, _| schedule.activity_type.clear()),
        refusal(&|_, retry| retry.backoff_coefficient = 0.5),
        refusal(&|_, retry| retry.backoff_coefficient = f64::NAN),
        refusal(&|_, retry| retry.maximum_interval = Delay(999)),
    ];
    expect![[r#"
        activity type is empty
        activity `charge` has backoff coefficient 0.5: expected 1 or more
        activity `charge` has backoff coefficient NaN: expected 1 or more
        activity `charge` has maximum interval 999ms, less than its initial interval 1s"#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn backoff_grows_by_its_coefficient_up_to_its_maximum() {
    let waits = |policy: &RetryPolicy, attempts: &[u32]| {
        let waits: Vec<_> =
            attempts.iter().map(|attempt| policy.backoff_after(*attempt).to_string()).collect();
        waits.join(" ")
    };
    let default = RetryPolicy::default();
    expect!["1s 2s 4s 1m4s 1m40s 1m40s 1m40s"]
        .assert_eq(&waits(&default, &[1, 2, 3, 7, 8, 1000, u32::MAX]));
    let odd = RetryPolicy {
        initial_interval: Delay(100),
        backoff_coefficient: 1.5,
        maximum_interval: Delay(300),
        ..RetryPolicy::default()
    };
    expect!["100ms 150ms 225ms 300ms"].assert_eq(&waits(&odd, &[1, 2, 3, 4]));
    let flat = RetryPolicy { backoff_coefficient: 1.0, ..RetryPolicy::default() };
    expect!["1s 1s"].assert_eq(&waits(&flat, &[1, 50]));
}

#[test]
fn a_failed_attempt_is_tried_again_after_the_backoff() {
    let first = task("work=10").on_started("w1".to_owned(), s(3));
    let Next::Retry(second) = first.on_failed(boom(), s(5)) else { panic!("was closed") };
    assert_eq!(print_next(&Next::Retry(second.clone())), "attempt 2 at 6s");
    assert_eq!(second.last_failure, Some(boom()));
    assert_eq!(print_due(&second.on_due(s(5))), "later, at 6s");
    assert_eq!(print_due(&second.on_due(s(6))), "dispatch");
    let again = second.on_started("w2".to_owned(), s(6)).on_failed(boom(), s(6));
    assert_eq!(print_next(&again), "attempt 3 at 8s");
}

#[test]
fn the_failure_may_choose_the_wait_itself() {
    let task = task("work=10").on_started("w1".to_owned(), s(0));
    let next = task.on_failed(typed("", false, Some(secs(42))), s(1));
    assert_eq!(print_next(&next), "attempt 2 at 43s");
    let Next::Retry(second) = next else { panic!("was closed") };
    let told = [s(1), s(2), s(42), s(43)].map(|now| second.backoff(now));
    assert_eq!(told, [Some(secs(42)), Some(secs(42)), Some(secs(42)), None], "the whole wait");
    let next = task.on_failed(typed("", false, Some(Delay::ZERO)), s(1));
    assert_eq!(print_next(&next), "attempt 2 at 1s");
}

#[test]
fn some_failures_are_final() {
    let started = |policy| task_with("work=10", policy).on_started("w1".to_owned(), s(0));
    let listed = |error_type: &str| RetryPolicy {
        non_retryable_error_types: vec![error_type.to_owned()],
        ..RetryPolicy::default()
    };
    let close = |task: ActivityTask, failure| print_next(&task.on_failed(failure, s(1)));
    let terminated = Failure { kind: FailureKind::Terminated, ..boom() };
    let server = |non_retryable| Failure { kind: FailureKind::Server { non_retryable }, ..boom() };
    let all = [
        close(started(RetryPolicy::default()), typed("Card", true, None)),
        close(started(RetryPolicy::default()), Failure::canceled("stop")),
        close(started(RetryPolicy::default()), terminated),
        close(started(RetryPolicy::default()), server(true)),
        close(started(RetryPolicy::default()), server(false)),
        close(started(listed("Card")), typed("Card", false, None)),
        close(started(listed("Card")), typed("Cards", false, None)),
    ];
    expect![[r#"
        after attempt 1: failed "boom", NonRetryableFailure
        after attempt 1: failed "stop", NonRetryableFailure
        after attempt 1: failed "boom", NonRetryableFailure
        after attempt 1: failed "boom", NonRetryableFailure
        attempt 2 at 2s
        after attempt 1: failed "boom", NonRetryableFailure
        attempt 2 at 2s"#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn the_last_of_the_allowed_attempts_closes_the_activity() {
    let policy = RetryPolicy { maximum_attempts: 2, ..RetryPolicy::default() };
    let first = task_with("work=10", policy).on_started("w1".to_owned(), s(0));
    let Next::Retry(second) = first.on_failed(boom(), s(1)) else { panic!("was closed") };
    let end = second.on_started("w1".to_owned(), s(2)).on_failed(boom(), s(3));
    expect![[r#"after attempt 2: failed "boom", MaximumAttemptsReached"#]]
        .assert_eq(&print_next(&end));
}

#[test]
fn a_single_allowed_attempt_is_never_retried_not_even_after_a_timeout() {
    let policy = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
    let started = task_with("work=10", policy).on_started("w1".to_owned(), s(0));
    expect![[r#"after attempt 1: timed out TemporalTimeout:StartToClose, MaximumAttemptsReached, cause """#]].assert_eq(&print_due(&started.on_due(s(10))));
}

#[test]
fn a_retry_that_would_begin_too_late_is_not_made() {
    let started = task("work=10 close=20").on_started("w1".to_owned(), s(0));
    assert_eq!(print_next(&started.on_failed(boom(), Timestamp(18_999))), "attempt 2 at 19s999ms");
    expect![[r#"after attempt 1: failed "boom", Timeout"#]]
        .assert_eq(&print_next(&started.on_failed(boom(), s(19))));
}

#[test]
fn the_end_of_the_run_cuts_retries_too() {
    let mut started = task("work=10").on_started("w1".to_owned(), s(0));
    started.run_deadline = Some(s(20));
    assert_eq!(print_next(&started.on_failed(boom(), s(18))), "attempt 2 at 19s");
    expect![[r#"after attempt 1: failed "boom", Timeout"#]]
        .assert_eq(&print_next(&started.on_failed(boom(), s(19))));
}

#[test]
fn an_activity_that_someone_wants_gone_is_not_tried_again() {
    let mut started = task("work=10").on_started("w1".to_owned(), s(0));
    started.cancel_requested = true;
    expect![[r#"after attempt 1: failed "boom", CancelRequested"#]]
        .assert_eq(&print_next(&started.on_failed(boom(), s(1))));
    expect![[
        r#"after attempt 1: timed out TemporalTimeout:StartToClose, CancelRequested, cause """#
    ]]
    .assert_eq(&print_due(&started.on_due(s(10))));
}

#[test]
fn work_that_takes_too_long_is_tried_again() {
    let started = task("work=10").on_started("w1".to_owned(), s(3));
    assert_eq!(print_due(&started.on_due(s(12))), "later, at 13s");
    assert_eq!(started.due_at(s(12)), s(13));
    assert_eq!(print_due(&started.on_due(s(13))), "attempt 2 at 14s");
}

#[test]
fn a_timeout_can_be_named_as_not_retryable() {
    let policy = RetryPolicy {
        non_retryable_error_types: vec!["TemporalTimeout:StartToClose".to_owned()],
        ..RetryPolicy::default()
    };
    let started = task_with("work=10 beat=5", policy).on_started("w1".to_owned(), s(0));
    let mut beaten = started.clone();
    beaten.heartbeat = Some(Heartbeat { at: s(9), details: Vec::new() });
    expect![[
        r#"after attempt 1: timed out TemporalTimeout:StartToClose, NonRetryableFailure, cause """#
    ]]
    .assert_eq(&print_due(&beaten.on_due(s(10))));
    // The heartbeat's own timeout is another type.
    assert_eq!(print_due(&started.on_due(s(5))), "attempt 2 at 6s");
}

#[test]
fn nobody_took_it_in_time() {
    let waiting = task("work=10 wait=5");
    assert_eq!(print_due(&waiting.on_due(s(4))), "dispatch");
    assert_eq!(waiting.due_at(s(4)), s(5));
    expect![[r#"after attempt 0: timed out TemporalTimeout:ScheduleToStart, Timeout, cause """#]]
        .assert_eq(&print_due(&waiting.on_due(s(5))));
}

#[test]
fn backing_off_does_not_count_as_waiting_for_a_worker() {
    let started = task("work=10 wait=5").on_started("w1".to_owned(), s(0));
    let Next::Retry(second) = started.on_failed(typed("", false, Some(secs(60))), s(1)) else {
        panic!("was closed")
    };
    assert_eq!(second.due_at(s(1)), s(61));
    assert_eq!(print_due(&second.on_due(s(61))), "dispatch");
    assert_eq!(second.due_at(s(61)), s(66));
    expect![[
        r#"after attempt 0: timed out TemporalTimeout:ScheduleToStart, Timeout, cause "boom""#
    ]]
    .assert_eq(&print_due(&second.on_due(s(66))));
}

#[test]
fn the_limit_of_all_attempts_ends_work_waiting_and_backoff_alike() {
    let waiting = task("close=20");
    expect![[r#"after attempt 0: timed out TemporalTimeout:ScheduleToStart, Timeout, cause """#]]
        .assert_eq(&print_due(&waiting.on_due(s(20))));
    let started = task("close=20 work=5").on_started("w1".to_owned(), s(18));
    expect![[r#"after attempt 1: timed out TemporalTimeout:ScheduleToClose, Timeout, cause """#]]
        .assert_eq(&print_due(&started.on_due(s(20))));
    let Next::Retry(backing_off) = task("close=20 work=5")
        .on_started("w1".to_owned(), s(0))
        .on_failed(boom(), Timestamp(18_500))
    else {
        panic!("was closed")
    };
    expect![[
        r#"after attempt 0: timed out TemporalTimeout:ScheduleToClose, Timeout, cause "boom""#
    ]]
    .assert_eq(&print_due(&backing_off.on_due(s(20))));
}

#[test]
fn silence_is_a_timeout_only_from_the_last_sign_of_life_on() {
    let started = task("work=100 beat=5").on_started("w1".to_owned(), s(10));
    assert_eq!(started.due_at(s(10)), s(15));
    let alive =
        ActivityTask { heartbeat: Some(Heartbeat { at: s(14), details: Vec::new() }), ..started };
    assert_eq!(print_due(&alive.on_due(s(15))), "later, at 19s");
    assert_eq!(print_due(&alive.on_due(s(19))), "attempt 2 at 20s");
}

#[test]
fn the_next_attempt_gets_the_details_of_the_last_heartbeat_and_a_fresh_limit() {
    let details = vec![Payload::json("50")];
    let mut started = task("work=100 beat=5").on_started("w1".to_owned(), s(0));
    started.heartbeat = Some(Heartbeat { at: s(4), details: details.clone() });
    let Due::TimedOut(Next::Retry(second)) = started.on_due(s(9)) else { panic!("was closed") };
    let FailureKind::Timeout { timeout, last_heartbeat } =
        &second.last_failure.as_ref().unwrap().kind
    else {
        panic!("not a timeout")
    };
    assert_eq!((*timeout, last_heartbeat), (TimeoutType::Heartbeat, &details));
    let second = second.on_started("w2".to_owned(), s(30));
    assert_eq!(second.heartbeat.as_ref().unwrap().details, details);
    assert_eq!(print_due(&second.on_due(s(34))), "later, at 35s");
}

#[test]
fn an_outcome_carries_the_attempt_that_came_to_it() {
    let failed_once =
        match task("work=10").on_started("w1".to_owned(), s(0)).on_failed(boom(), s(1)) {
            Next::Retry(task) => task.on_started("w2".to_owned(), s(2)),
            Next::Close(_) => panic!("was closed"),
        };
    let closed = failed_once.on_completed(vec![Payload::json("1")]);
    let attempt = LastAttempt {
        number: 2,
        started: s(2),
        identity: "w2".to_owned(),
        last_failure: Some(boom()),
    };
    assert_eq!(closed.attempt, Some(attempt));
    assert_eq!(closed.scheduled, EventId(5));
    assert_eq!(task("work=10").on_canceled(Vec::new()).attempt, None);
}

#[test]
fn without_a_limit_that_counts_nothing_is_ever_due() {
    let mut started = task("work=10").on_started("w1".to_owned(), s(0));
    started.options.timeouts = ActivityTimeouts::default();
    assert_eq!(started.on_due(s(1_000_000)), Due::Never);
    assert_eq!(started.due_at(s(0)), Timestamp::NEVER);
}
