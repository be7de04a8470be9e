//! An event in its place in history.

use crate::ids::EventId;
use crate::machines::{
    Event, activity, attributes, child, clock, execution, external, local, patch, signal, task,
    timer, update,
};
use crate::time::Timestamp;
use std::fmt;

/// One line of a history.
#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub id: EventId,
    /// When it happened. Not always later than the line before: `ActivityTaskStarted` is written
    /// with the activity's outcome and keeps the time of its attempt.
    pub time: Timestamp,
    pub event: Event,
}

/// As a person reads it in an error or in a list, e.g. `activity charge (1) scheduled`.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Execution(event) => match event {
                execution::Event::Started(started) => {
                    write!(f, "execution started {}", started.workflow_type)
                }
                execution::Event::CancelRequested { .. } => f.write_str("cancel requested"),
                execution::Event::Completed { .. } => f.write_str("execution completed"),
                execution::Event::Failed { failure, .. } => {
                    write!(f, "execution failed {:?}", failure.message)
                }
                execution::Event::Canceled { .. } => f.write_str("execution canceled"),
                execution::Event::TimedOut { .. } => f.write_str("execution timed out"),
                execution::Event::ContinuedAsNew(it) => {
                    write!(f, "execution continued as new {}", it.workflow_type)
                }
                execution::Event::Terminated { reason, .. } => {
                    write!(f, "execution terminated {reason:?}")
                }
                execution::Event::Paused { .. } => f.write_str("execution paused"),
                execution::Event::Unpaused { .. } => f.write_str("execution unpaused"),
                execution::Event::OptionsUpdated { .. } => f.write_str("execution options updated"),
                execution::Event::RequestAttached { request_id } => {
                    write!(f, "execution request {request_id:?} attached")
                }
            },
            Event::Task(event) => match event {
                task::Event::Scheduled { .. } => f.write_str("task scheduled"),
                task::Event::Started { .. } => f.write_str("task started"),
                task::Event::Completed { .. } => f.write_str("task completed"),
                task::Event::Failed { cause, .. } => write!(f, "task failed {cause:?}"),
                task::Event::TimedOut { .. } => f.write_str("task timed out"),
            },
            Event::Activity(event) => match event {
                activity::Event::Scheduled(scheduled) => {
                    write!(
                        f,
                        "activity {} ({}) scheduled",
                        scheduled.activity_type, scheduled.activity_id
                    )
                }
                activity::Event::Started { scheduled, attempt, .. } => {
                    write!(f, "activity of {scheduled} started, attempt {attempt}")
                }
                activity::Event::Completed { scheduled, .. } => {
                    write!(f, "activity of {scheduled} completed")
                }
                activity::Event::Failed { scheduled, failure, .. } => {
                    write!(f, "activity of {scheduled} failed {:?}", failure.message)
                }
                activity::Event::TimedOut { scheduled, .. } => {
                    write!(f, "activity of {scheduled} timed out")
                }
                activity::Event::CancelRequested { scheduled, .. } => {
                    write!(f, "activity of {scheduled} cancel requested")
                }
                activity::Event::Canceled { scheduled, .. } => {
                    write!(f, "activity of {scheduled} canceled")
                }
            },
            Event::Local(local::Event::Recorded(it)) => {
                let how = match (&it.closed.result, it.closed.backoff) {
                    (Ok(_), _) => "completed",
                    (Err(_), None) => "failed",
                    (Err(_), Some(_)) => "backs off",
                };
                write!(f, "local activity {} ({}) {how}", it.activity_type, it.activity_id)
            }
            Event::Timer(event) => match event {
                timer::Event::Started { timer_id, delay, .. } => {
                    write!(f, "timer {timer_id} started {delay}")
                }
                timer::Event::Fired { timer_id, .. } => write!(f, "timer {timer_id} fired"),
                timer::Event::Canceled { timer_id, .. } => write!(f, "timer {timer_id} canceled"),
            },
            Event::Child(event) => match event {
                child::Event::Initiated(child) => {
                    write!(f, "child {} {} initiated", child.workflow_type, child.workflow_id)
                }
                child::Event::StartFailed { initiated, cause, .. } => {
                    write!(f, "child of {initiated} not started {cause:?}")
                }
                child::Event::Started { initiated, .. } => {
                    write!(f, "child of {initiated} started")
                }
                child::Event::Closed { initiated, outcome, .. } => match outcome {
                    child::Outcome::Completed { .. } => {
                        write!(f, "child of {initiated} completed")
                    }
                    child::Outcome::Failed { failure, .. } => {
                        write!(f, "child of {initiated} failed {:?}", failure.message)
                    }
                    child::Outcome::Canceled { .. } => write!(f, "child of {initiated} canceled"),
                    child::Outcome::TimedOut { .. } => write!(f, "child of {initiated} timed out"),
                    child::Outcome::Terminated => write!(f, "child of {initiated} terminated"),
                },
            },
            Event::External(event) => match event {
                external::Event::SignalInitiated { target, signal, .. } => {
                    write!(f, "signal {} to {} initiated", signal.name, target.workflow_id)
                }
                external::Event::Signaled { initiated, .. } => {
                    write!(f, "signal of {initiated} delivered")
                }
                external::Event::SignalFailed { initiated, cause, .. } => {
                    write!(f, "signal of {initiated} not delivered {cause:?}")
                }
                external::Event::CancelInitiated { target, .. } => {
                    write!(f, "cancel of {} initiated", target.workflow_id)
                }
                external::Event::CancelRequested { initiated, .. } => {
                    write!(f, "cancel of {initiated} delivered")
                }
                external::Event::CancelFailed { initiated, cause, .. } => {
                    write!(f, "cancel of {initiated} not delivered {cause:?}")
                }
            },
            Event::Signal(signal::Event::Received(signal)) => {
                write!(f, "signal {} received", signal.name)
            }
            Event::Patch(patch::Event::Recorded { patch, .. }) => {
                write!(f, "patch {patch} recorded")
            }
            Event::Update(event) => match event {
                update::Event::Admitted { request } => {
                    write!(f, "update {} ({}) admitted", request.name, request.id)
                }
                update::Event::Accepted { request: Some(request), .. } => {
                    write!(f, "update {} ({}) accepted", request.name, request.id)
                }
                update::Event::Accepted { update, request: None, .. } => {
                    write!(f, "update {update} accepted")
                }
                update::Event::Rejected { update, failure, .. } => {
                    write!(f, "update {update} rejected {:?}", failure.message)
                }
                update::Event::Completed { update, outcome: Ok(_), .. } => {
                    write!(f, "update {update} completed")
                }
                update::Event::Completed { update, outcome: Err(failure), .. } => {
                    write!(f, "update {update} failed {:?}", failure.message)
                }
            },
            Event::Clock(clock::Event::Transitioned { target, fast_forwarded, wall_clock: _ }) => f
                .write_str(match (target, fast_forwarded) {
                    (Some(_), false) => "time skipped",
                    (Some(_), true) => "fast-forward over, time skipped",
                    (None, _) => "fast-forward over",
                }),
            Event::Attributes(event) => {
                let (what, names) = match event {
                    attributes::Event::SearchUpserted { attributes, .. } => {
                        ("search attributes", attributes)
                    }
                    attributes::Event::MemoUpserted { memo, .. } => ("memo", memo),
                };
                let names: Vec<&str> = names.keys().map(String::as_str).collect();
                write!(f, "{what} {} upserted", names.join(" "))
            }
        }
    }
}
