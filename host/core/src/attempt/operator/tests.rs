//! Times are seconds since 0; the activity is scheduled at 0 s.

use super::super::tests::{boom, s, secs, task, task_with};
use super::super::{ActivityTask, Due, Next, TimeoutType};
use super::*;
use crate::failure::FailureKind;
use crate::options::RetryPolicy;
use crate::payload::Payload;

fn pause() -> Tuning {
    Tuning::Pause { identity: "cli".to_owned(), reason: "why".to_owned() }
}

fn unpause() -> Tuning {
    Tuning::Unpause { reset_attempts: false, forget_heartbeat: false, wait: Delay::ZERO }
}

fn options(changes: OptionChanges) -> Tuning {
    Tuning::Options(Box::new(changes))
}

fn retried(next: Next) -> ActivityTask {
    match next {
        Next::Retry(task) => *task,
        Next::Close(closed) => panic!("closed: {closed:?}"),
    }
}

/// The first attempt failed at 2 s, the second may begin at 3 s.
fn backing_off() -> ActivityTask {
    let started = task("work=60 beat=5").on_started("w1".to_owned(), s(1));
    retried(started.on_failed(boom(), s(2)))
}

fn since(task: &ActivityTask) -> Timestamp {
    match task.state {
        State::Waiting { since } => since,
        State::Started { .. } => panic!("it is under way"),
    }
}

#[test]
fn a_paused_activity_is_not_handed_out_and_only_its_whole_time_runs() {
    let waiting = task("work=60 wait=5 close=100");
    assert_eq!(waiting.due_at(s(1)), s(5));
    let paused = waiting.tuned(&pause(), s(1)).unwrap();
    assert!(!paused.is_ready(s(1)));
    assert_eq!(paused.on_due(s(50)), Due::Later(s(100)));
    assert!(matches!(paused.on_due(s(100)), Due::TimedOut(Next::Close(_))));
    let endless = task("work=60 wait=5").tuned(&pause(), s(1)).unwrap();
    assert_eq!(endless.on_due(s(1_000_000)), Due::Never);
    assert_eq!(endless.due_at(s(1)), Timestamp::NEVER);
}

#[test]
fn pausing_twice_is_refused_and_unpausing_what_runs_changes_nothing() {
    let paused = backing_off().tuned(&pause(), s(2)).unwrap();
    assert_eq!(paused.tuned(&pause(), s(3)), Err(TuneError::AlreadyPaused));
    assert_eq!(backing_off().tuned(&unpause(), s(9)), Ok(backing_off()));
}

#[test]
fn what_was_paused_in_its_backoff_goes_on_at_once_with_its_count() {
    let paused = backing_off().tuned(&pause(), s(2)).unwrap();
    assert_eq!(paused.backoff(s(2)), None);
    let on = paused.tuned(&unpause(), s(900)).unwrap();
    assert_eq!((on.attempt, since(&on), on.is_ready(s(900))), (2, s(900), true));
    let again = Tuning::Unpause { reset_attempts: true, forget_heartbeat: true, wait: secs(4) };
    let on = paused.tuned(&again, s(900)).unwrap();
    assert_eq!((on.attempt, since(&on), on.heartbeat), (1, s(904), None));
}

#[test]
fn an_attempt_that_is_under_way_ends_before_the_pause_begins() {
    let started = task("work=60").on_started("w1".to_owned(), s(1));
    let paused = started.tuned(&pause(), s(2)).unwrap();
    // Its own limit still counts.
    assert_eq!(paused.due_at(s(2)), s(61));
    let failed = retried(paused.on_failed(boom(), s(3)));
    assert!(failed.is_paused() && !failed.is_ready(s(100)));
    assert_eq!((failed.attempt, failed.on_due(s(100))), (2, Due::Never));
    let on = failed.tuned(&unpause(), s(100)).unwrap();
    assert_eq!(on.on_due(s(100)), Due::Dispatch);
}

#[test]
fn a_reset_begins_again_from_one_with_all_of_its_time() {
    let failed =
        retried(task("close=10 work=5").on_started("w1".to_owned(), s(1)).on_failed(boom(), s(2)));
    let again = failed.tuned(&Tuning::Reset(Reset::default()), s(8)).unwrap();
    assert_eq!((again.attempt, since(&again), again.close_deadline()), (1, s(8), s(18)));
    assert_eq!(again.last_failure, None);
    assert!(again.stamp > 1, "a token of the first attempt must not fit");
}

#[test]
fn a_reset_of_a_running_attempt_waits_for_its_end_and_outlives_the_last_attempt() {
    let policy = RetryPolicy { maximum_attempts: 1, ..RetryPolicy::default() };
    let beaten = |task: ActivityTask| ActivityTask {
        heartbeat: Some(super::super::Heartbeat { at: s(2), details: vec![Payload::json("1")] }),
        ..task
    };
    let running = beaten(task_with("work=60", policy).on_started("w1".to_owned(), s(1)));
    let keeps = running.tuned(&Tuning::Reset(Reset::default()), s(3)).unwrap();
    assert_eq!(keeps.state, running.state);
    let next = retried(keeps.on_failed(boom(), s(4)));
    assert_eq!((next.attempt, since(&next), next.reset.is_some()), (1, s(4), false));
    assert!(next.heartbeat.is_some());
    let reset = Reset { forget_heartbeat: true, wait: secs(2), ..Reset::default() };
    let forgets = running.tuned(&Tuning::Reset(reset), s(3)).unwrap();
    let next = retried(forgets.on_failed(boom(), s(4)));
    assert_eq!((since(&next), next.heartbeat), (s(6), None));
    // What it said was the last word on it stays so.
    let kind = FailureKind::Application {
        error_type: String::new(),
        non_retryable: true,
        details: Vec::new(),
        next_retry_delay: None,
        benign: false,
    };
    let last = crate::failure::Failure { kind, ..boom() };
    assert!(matches!(keeps.on_failed(last, s(4)), Next::Close(_)));
}

#[test]
fn a_reset_ends_a_pause_unless_it_is_to_be_kept() {
    let paused = backing_off().tuned(&pause(), s(2)).unwrap();
    let ends = paused.tuned(&Tuning::Reset(Reset::default()), s(5)).unwrap();
    assert!(ends.is_ready(s(5)));
    let keep = Reset { keep_paused: true, ..Reset::default() };
    let keeps = paused.tuned(&Tuning::Reset(keep), s(5)).unwrap();
    assert_eq!((keeps.attempt, keeps.is_paused(), keeps.is_ready(s(5))), (1, true, false));
}

#[test]
fn changed_options_hold_from_now_on_and_can_be_taken_back() {
    let before = backing_off();
    let changes = OptionChanges {
        start_to_close: Some(secs(7)),
        initial_interval: Some(secs(30)),
        maximum_interval: Some(secs(40)),
        task_queue: Some("others".to_owned()),
        ..OptionChanges::default()
    };
    let changed = before.tuned(&options(changes), s(2)).unwrap();
    // The backoff that is under way becomes longer, from the end of the attempt on.
    assert_eq!((since(&changed), changed.backoff(s(2))), (s(32), Some(secs(30))));
    assert_eq!(changed.options.task_queue, "others");
    assert_eq!(changed.options.timeouts.start_to_close, Some(secs(7)));
    // Nothing is longer than what it is part of.
    assert_eq!(changed.options.timeouts.heartbeat, Some(secs(5)));
    let back = changed.tuned(&Tuning::RestoreOptions, s(3)).unwrap();
    assert_eq!((back.options.clone(), back.original.clone()), (before.options.clone(), None));
    assert_eq!(since(&back), since(&before));
    let reset = Reset { restore_options: true, ..Reset::default() };
    let back = changed.tuned(&Tuning::Reset(reset), s(3)).unwrap();
    assert_eq!(back.options, before.options);
    assert_eq!((back.attempt, since(&back)), (1, s(3)));
}

#[test]
fn options_that_make_no_sense_are_refused_with_what_was_found() {
    let refused = |changes| match backing_off().tuned(&options(changes), s(2)) {
        Err(error) => error.to_string(),
        Ok(changed) => panic!("changed: {changed:?}"),
    };
    let none = OptionChanges { start_to_close: Some(Delay::ZERO), ..OptionChanges::default() };
    let shrinking = OptionChanges { backoff_coefficient: Some(0.5), ..OptionChanges::default() };
    let short = OptionChanges { maximum_interval: Some(Delay(1)), ..OptionChanges::default() };
    expect_test::expect![[r#"
        activity `charge` (7) has no time limit: set start_to_close or schedule_to_close
        activity `charge` (7) has backoff coefficient 0.5: expected 1 or more
        activity `charge` (7) has maximum interval 1ms, less than its initial interval 1s"#]]
    .assert_eq(&[refused(none), refused(shrinking), refused(short)].join("\n"));
}

#[test]
fn a_retry_for_which_there_is_no_time_left_is_a_schedule_to_close_timeout() {
    let started = task("close=3 work=2").on_started("w1".to_owned(), s(1));
    let Due::TimedOut(Next::Close(closed)) = started.on_due(s(3)) else { panic!("retried") };
    let super::super::ActivityOutcome::TimedOut { failure, retry_state } = closed.outcome else {
        panic!("did not time out")
    };
    assert_eq!(retry_state, crate::failure::RetryState::Timeout);
    let timeout = TimeoutType::ScheduleToClose;
    assert_eq!(failure.kind, FailureKind::Timeout { timeout, last_heartbeat: Vec::new() });
}

#[test]
fn a_long_failure_is_kept_up_to_its_limit_and_says_that_it_was_cut() {
    let max = crate::limits::KEPT_FAILURE_BYTES_MAX;
    let kept = |bytes: usize| {
        let failure = crate::failure::Failure { message: "x".repeat(bytes), ..Default::default() };
        let started = task("work=60").on_started("w1".to_owned(), s(1));
        retried(started.on_failed(failure, s(2))).last_failure.unwrap()
    };
    assert_eq!(kept(max).message.len(), max);
    let cut = kept(max + 1);
    assert_eq!(cut.message, "Failure exceeds size limit.");
    assert_eq!(cut.cause.unwrap().message.len(), max);
}

#[test]
fn one_who_is_no_worker_may_complete_what_waits_and_what_runs() {
    let closed = backing_off().on_completed_outside(Vec::new(), "me", s(9));
    let attempt = closed.attempt.unwrap();
    assert_eq!((attempt.number, attempt.started, attempt.identity), (2, s(9), "me".to_owned()));
    let running = task("work=60").on_started("w1".to_owned(), s(1));
    let attempt = running.on_completed_outside(Vec::new(), "me", s(9)).attempt.unwrap();
    assert_eq!(attempt.identity, "w1");
}
