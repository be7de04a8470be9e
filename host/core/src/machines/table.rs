//! Prints a machine's transitions, so that a change of behaviour shows as a changed cell.

use super::{activity, child, clock, execution, external, task, timer, update};
use crate::errors::IllegalTransition;
use crate::failure::{Failure, RetryState};
use crate::ids::{EventId, OpSeq, RunId};
use crate::machines::activity::Schedule;
use crate::options::{ActivityTimeouts, CancellationType};
use crate::payload::PayloadMap;
use crate::time::{Delay, Timestamp};
use expect_test::{Expect, expect};
use std::collections::BTreeMap;

/// One row for each state, one column for each event; `-` where the pair is refused.
fn check_table<S: Copy, E>(
    machine: &str,
    states: &[(&str, S)],
    events: &[(&'static str, E)],
    apply: impl Fn(S, &E) -> Result<&'static str, IllegalTransition>,
    expected: Expect,
) {
    let mut rows =
        vec![std::iter::once(machine).chain(events.iter().map(|it| it.0)).collect::<Vec<_>>()];
    for (name, state) in states {
        let cell = |event| match apply(*state, event) {
            Ok(next) => next,
            Err(refused) => {
                assert!(name.starts_with(refused.state), "{name} is called {}", refused.state);
                "-"
            }
        };
        rows.push(std::iter::once(*name).chain(events.iter().map(|it| cell(&it.1))).collect());
    }
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<_> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        let cells: Vec<_> =
            row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}")).collect();
        let line = format!("{} | {}", cells[0], cells[1..].join("  "));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    expected.assert_eq(&text);
}

const SOME: EventId = EventId(5);

#[test]
fn execution_transitions() {
    use execution::{Event, State};
    let events = [
        ("Started", Event::Started(Box::default())),
        (
            "CancelRequested",
            Event::CancelRequested { cause: String::new(), identity: String::new(), from: None },
        ),
        ("Completed", Event::Completed { result: Vec::new(), task: SOME, new_run: None }),
        (
            "Failed",
            Event::Failed {
                failure: Failure::default(),
                retry_state: RetryState::RetryPolicyNotSet,
                task: SOME,
                new_run: None,
            },
        ),
        ("Canceled", Event::Canceled { details: Vec::new(), task: SOME }),
        ("TimedOut", Event::TimedOut { retry_state: RetryState::RetryPolicyNotSet, new_run: None }),
        (
            "Terminated",
            Event::Terminated {
                reason: String::new(),
                details: Vec::new(),
                identity: String::new(),
            },
        ),
        (
            "Paused",
            Event::Paused {
                reason: String::new(),
                identity: String::new(),
                request_id: String::new(),
            },
        ),
        (
            "Unpaused",
            Event::Unpaused {
                reason: String::new(),
                identity: String::new(),
                request_id: String::new(),
            },
        ),
        (
            "OptionsUpdated",
            Event::OptionsUpdated {
                options: Box::default(),
                identity: String::new(),
                sets_time_skipping: false,
            },
        ),
        ("RequestAttached", Event::RequestAttached { request_id: String::new() }),
        (
            "ContinuedAsNew",
            Event::ContinuedAsNew(Box::new(execution::ContinuedAsNew {
                new_run: RunId(2),
                workflow_type: String::new(),
                task_queue: String::new(),
                input: Vec::new(),
                run_timeout: None,
                task_timeout: Delay::ZERO,
                backoff: None,
                initiator: execution::Initiator::ContinueAsNew,
                last_completion_result: None,
                header: BTreeMap::new(),
                memo: BTreeMap::new(),
                search_attributes: BTreeMap::new(),
                task: SOME,
            })),
        ),
    ];
    let states = [
        ("Absent", State::Absent),
        ("Running", State::Running),
        ("CancelRequested", State::CancelRequested),
        ("Paused", State::Paused { cancel_requested: false }),
        ("Paused, cancel requested", State::Paused { cancel_requested: true }),
        ("Completed", State::Completed),
        ("Failed", State::Failed),
        ("Canceled", State::Canceled),
        ("TimedOut", State::TimedOut),
        ("Terminated", State::Terminated),
        ("ContinuedAsNew", State::ContinuedAsNew),
    ];
    for (name, event) in &events {
        assert_eq!(*name, event.name());
    }
    check_table(
        "execution",
        &states,
        &events,
        |state, event| state.apply(event).map(State::name),
        expect![[r#"
            execution                | Started  CancelRequested  Completed  Failed  Canceled  TimedOut  Terminated  Paused  Unpaused         OptionsUpdated   RequestAttached  ContinuedAsNew
            Absent                   | Running  -                -          -       -         -         -           -       -                -                -                -
            Running                  | -        CancelRequested  Completed  Failed  -         TimedOut  Terminated  Paused  -                Running          Running          ContinuedAsNew
            CancelRequested          | -        CancelRequested  Completed  Failed  Canceled  TimedOut  Terminated  Paused  -                CancelRequested  CancelRequested  ContinuedAsNew
            Paused                   | -        Paused           -          -       -         TimedOut  Terminated  -       Running          Paused           Paused           -
            Paused, cancel requested | -        Paused           -          -       -         TimedOut  Terminated  -       CancelRequested  Paused           Paused           -
            Completed                | -        -                -          -       -         -         -           -       -                -                -                -
            Failed                   | -        -                -          -       -         -         -           -       -                -                -                -
            Canceled                 | -        -                -          -       -         -         -           -       -                -                -                -
            TimedOut                 | -        -                -          -       -         -         -           -       -                -                -                -
            Terminated               | -        -                -          -       -         -         -           -       -                -                -                -
            ContinuedAsNew           | -        -                -          -       -         -         -           -       -                -                -                -
        "#]],
    );
}

#[test]
fn task_transitions() {
    use task::{Event, State};
    let events = [
        (
            "Scheduled",
            Event::Scheduled { task_queue: String::new(), timeout: Delay::ZERO, attempt: 1 },
        ),
        (
            "Started",
            Event::Started {
                scheduled: SOME,
                identity: String::new(),
                history_bytes: 0,
                suggest_continue_as_new: false,
            },
        ),
        (
            "Completed",
            Event::Completed {
                scheduled: SOME,
                started: SOME,
                identity: String::new(),
                component: None,
            },
        ),
        (
            "Failed",
            Event::Failed {
                scheduled: SOME,
                started: SOME,
                cause: task::FailedCause::BadCommand,
                failure: Failure::default(),
                identity: String::new(),
                reset: None,
            },
        ),
        ("TimedOut", Event::TimedOut { scheduled: SOME, started: SOME }),
    ];
    let states = [
        State::Idle,
        State::Scheduled { scheduled: SOME },
        State::Started { scheduled: SOME, started: SOME },
        State::Failing,
    ]
    .map(|state| (state.name(), state));
    for (name, event) in &events {
        assert_eq!(*name, event.name());
    }
    check_table(
        "task",
        &states,
        &events,
        |state, event| state.apply(SOME, event).map(State::name),
        expect![[r#"
            task      | Scheduled  Started  Completed  Failed   TimedOut
            Idle      | Scheduled  -        -          -        -
            Scheduled | -          Started  -          -        Failing
            Started   | -          -        Idle       Failing  Failing
            Failing   | Scheduled  -        -          -        -
        "#]],
    );
}

#[test]
fn activity_transitions() {
    use activity::{Event, State};
    let schedule = Schedule {
        op: OpSeq(1),
        activity_id: None,
        activity_type: "charge".to_owned(),
        task_queue: None,
        input: Vec::new(),
        header: BTreeMap::new(),
        timeouts: ActivityTimeouts {
            start_to_close: Some(Delay::from_secs(1)),
            ..ActivityTimeouts::default()
        },
        retry: None,
        cancellation: CancellationType::TryCancel,
        summary: None,
        priority: crate::options::Priority::default(),
    };
    let scheduled = crate::attempt::fill_in(&schedule, "orders", None, SOME).unwrap();
    let identity = String::new;
    let events = [
        ("Scheduled", Event::Scheduled(Box::new(scheduled))),
        (
            "Started",
            Event::Started {
                scheduled: SOME,
                identity: identity(),
                attempt: 1,
                last_failure: None,
            },
        ),
        (
            "Completed",
            Event::Completed {
                scheduled: SOME,
                started: SOME,
                result: Vec::new(),
                identity: identity(),
            },
        ),
        (
            "Failed",
            Event::Failed {
                scheduled: SOME,
                started: SOME,
                failure: Failure::default(),
                retry_state: RetryState::Timeout,
                identity: identity(),
            },
        ),
        (
            "TimedOut",
            Event::TimedOut {
                scheduled: SOME,
                started: SOME,
                failure: Failure::default(),
                retry_state: RetryState::Timeout,
            },
        ),
        ("CancelRequested", Event::CancelRequested { scheduled: SOME, task: SOME }),
        (
            "Canceled",
            Event::Canceled {
                scheduled: SOME,
                started: SOME,
                cancel_requested: SOME,
                details: Vec::new(),
                identity: identity(),
            },
        ),
    ];
    for (name, event) in &events {
        assert_eq!(*name, event.name());
    }
    let started = |cancel_requested| State::Started { started: SOME, cancel_requested };
    let states = [
        ("Absent", State::Absent),
        ("Scheduled", State::Scheduled),
        ("CancelRequested", State::CancelRequested { requested: SOME }),
        ("Started", started(None)),
        ("Started, cancel requested", started(Some(SOME))),
        ("Completed", State::Completed),
        ("Failed", State::Failed),
        ("TimedOut", State::TimedOut),
        ("Canceled", State::Canceled),
    ];
    check_table(
        "activity",
        &states,
        &events,
        |state, event| state.apply(SOME, event).map(State::name),
        expect![[r#"
            activity                  | Scheduled  Started  Completed  Failed  TimedOut  CancelRequested  Canceled
            Absent                    | Scheduled  -        -          -       -         -                -
            Scheduled                 | -          Started  -          -       TimedOut  CancelRequested  -
            CancelRequested           | -          Started  -          -       TimedOut  -                Canceled
            Started                   | -          -        Completed  Failed  TimedOut  Started          -
            Started, cancel requested | -          -        Completed  Failed  TimedOut  -                Canceled
            Completed                 | -          -        -          -       -         -                -
            Failed                    | -          -        -          -       -         -                -
            TimedOut                  | -          -        -          -       -         -                -
            Canceled                  | -          -        -          -       -         -                -
        "#]],
    );
}

#[test]
fn timer_transitions() {
    use timer::{Event, State};
    let timer_id = || "1".to_owned();
    let events = [
        (
            "Started",
            Event::Started {
                timer_id: timer_id(),
                delay: Delay::from_secs(1),
                task: SOME,
                summary: None,
            },
        ),
        ("Fired", Event::Fired { timer_id: timer_id(), started: SOME }),
        (
            "Canceled",
            Event::Canceled { timer_id: timer_id(), started: SOME, task: SOME, summary: None },
        ),
    ];
    for (name, event) in &events {
        assert_eq!(*name, event.name());
    }
    let states = [State::Absent, State::Pending, State::Fired, State::Canceled]
        .map(|state| (state.name(), state));
    check_table(
        "timer",
        &states,
        &events,
        |state, event| state.apply(event).map(State::name),
        expect![[r#"
            timer    | Started  Fired  Canceled
            Absent   | Pending  -      -
            Pending  | -        Fired  Canceled
            Fired    | -        -      -
            Canceled | -        -      -
        "#]],
    );
}

#[test]
fn child_transitions() {
    use child::{Event, Outcome, State};
    let closed = |outcome| Event::Closed {
        initiated: SOME,
        started: SOME,
        child: Box::default(),
        run: RunId(1),
        outcome,
    };
    let retry_state = RetryState::RetryPolicyNotSet;
    let events = [
        ("Initiated", Event::Initiated(Box::default())),
        (
            "StartFailed",
            Event::StartFailed {
                initiated: SOME,
                child: Box::default(),
                cause: child::StartFailedCause::WorkflowAlreadyExists,
                reason: String::new(),
            },
        ),
        (
            "Started",
            Event::Started {
                initiated: SOME,
                child: Box::default(),
                run: RunId(1),
                header: PayloadMap::new(),
            },
        ),
        ("Completed", closed(Outcome::Completed { result: Vec::new() })),
        ("Failed", closed(Outcome::Failed { failure: Failure::default(), retry_state })),
        ("Canceled", closed(Outcome::Canceled { details: Vec::new() })),
        ("TimedOut", closed(Outcome::TimedOut { retry_state })),
        ("Terminated", closed(Outcome::Terminated)),
    ];
    for (name, event) in &events {
        assert_eq!(*name, event.name());
    }
    let states = [
        State::Absent,
        State::Initiated,
        State::Started { started: SOME, run: RunId(1) },
        State::StartFailed,
        State::Closed,
    ]
    .map(|state| (state.name(), state));
    check_table(
        "child",
        &states,
        &events,
        |state, event| state.apply(SOME, event).map(State::name),
        expect![[r#"
            child       | Initiated  StartFailed  Started  Completed  Failed  Canceled  TimedOut  Terminated
            Absent      | Initiated  -            -        -          -       -         -         -
            Initiated   | -          StartFailed  Started  -          -       -         -         -
            Started     | -          -            -        Closed     Closed  Closed    Closed    Closed
            StartFailed | -          -            -        -          -       -         -         -
            Closed      | -          -            -        -          -       -         -         -
        "#]],
    );
}

#[test]
fn external_transitions() {
    use external::{Event, FailedCause, State};
    let (initiated, task, cause) = (SOME, SOME, FailedCause::NotFound);
    let target = Box::<external::Target>::default;
    let events = [
        (
            "SignalInitiated",
            Event::SignalInitiated {
                target: target(),
                signal: Box::default(),
                child_only: false,
                task,
            },
        ),
        ("Signaled", Event::Signaled { initiated, target: target() }),
        ("SignalFailed", Event::SignalFailed { initiated, target: target(), cause }),
        (
            "CancelInitiated",
            Event::CancelInitiated {
                target: target(),
                reason: String::new(),
                child_only: false,
                task,
            },
        ),
        ("CancelRequested", Event::CancelRequested { initiated, target: target() }),
        ("CancelFailed", Event::CancelFailed { initiated, target: target(), cause }),
    ];
    for (name, event) in &events {
        assert_eq!(*name, event.name());
    }
    let states =
        [State::Absent, State::SignalSent, State::CancelSent, State::Delivered, State::Failed]
            .map(|state| (state.name(), state));
    check_table(
        "external",
        &states,
        &events,
        |state, event| state.apply(event).map(State::name),
        expect![[r#"
            external   | SignalInitiated  Signaled   SignalFailed  CancelInitiated  CancelRequested  CancelFailed
            Absent     | SignalSent       -          -             CancelSent       -                -
            SignalSent | -                Delivered  Failed        -                -                -
            CancelSent | -                -          -             -                Delivered        Failed
            Delivered  | -                -          -             -                -                -
            Failed     | -                -          -             -                -                -
        "#]],
    );
}

#[test]
fn update_transitions() {
    use update::{Event, State};
    let accepted = |request| Event::Accepted { update: String::new(), request, sequencing: SOME };
    let events = [
        ("Admitted", Event::Admitted { request: Box::default() }),
        ("Accepted", accepted(Some(Box::default()))),
        ("Accepted", accepted(None)),
        (
            "Rejected",
            Event::Rejected { update: String::new(), admitted: SOME, failure: Failure::default() },
        ),
        (
            "Completed",
            Event::Completed {
                update: String::new(),
                identity: String::new(),
                accepted: SOME,
                outcome: Ok(Vec::new()),
            },
        ),
    ];
    let states = [
        State::Absent,
        State::Admitted,
        State::Rejected,
        State::Accepted { accepted: SOME },
        State::Completed { accepted: SOME, completed: SOME },
    ]
    .map(|state| (state.name(), state));
    for (name, event) in &events {
        assert_eq!(*name, event.name());
    }
    check_table(
        "update",
        &states,
        &events,
        |state, event| state.apply(SOME, event).map(State::name),
        expect![[r#"
            update    | Admitted  Accepted  Accepted  Rejected  Completed
            Absent    | Admitted  Accepted  -         -         -
            Admitted  | -         -         Accepted  Rejected  -
            Rejected  | -         -         -         -         -
            Accepted  | -         -         -         -         Completed
            Completed | -         -         -         -         -
        "#]],
    );
}

#[test]
fn clock_transitions() {
    use clock::{Event, State};
    let event = |target, fast_forwarded| Event::Transitioned {
        target,
        fast_forwarded,
        wall_clock: Timestamp(1),
    };
    let events = [
        ("skipped", event(Some(Timestamp(2)), false)),
        ("skipped, forwarded", event(Some(Timestamp(2)), true)),
        ("forwarded", event(None, true)),
    ];
    let states = [
        ("Off", State::Off),
        ("Skipping", State::Skipping { left: 2 }),
        ("Skipping, once", State::Skipping { left: 1 }),
        ("Spent", State::Spent),
        ("Arrived", State::Arrived),
    ];
    check_table(
        "clock",
        &states,
        &events,
        |state, event| Ok(state.apply(event).name()),
        expect![[r#"
            clock          | skipped   skipped, forwarded  forwarded
            Off            | Off       Arrived             Arrived
            Skipping       | Skipping  Arrived             Arrived
            Skipping, once | Spent     Arrived             Arrived
            Spent          | Spent     Arrived             Arrived
            Arrived        | Arrived   Arrived             Arrived
        "#]],
    );
}
