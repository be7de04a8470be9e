//! Signals and requests to cancel that a run sends to others: initiated, then delivered or failed.
//!
//! What was sent stays sent: giving up the wait for the answer leaves no event.

use crate::errors::IllegalTransition;
use crate::failure::Failure;
use crate::ids::{EventId, OpSeq, RunId};
use crate::payload::{self, PayloadMap, Payloads};

/// Wished by the guest.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Signal { op: OpSeq, target: Target, signal: Box<Sent> },
    Cancel { op: OpSeq, target: Target, reason: String },
}

/// A run as its sender names it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Target {
    /// The sender's own, filled in when the event is decided.
    pub namespace: String,
    pub workflow_id: String,
    /// `None`: the open run.
    pub run: Option<RunId>,
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Sent {
    pub name: String,
    pub input: Payloads,
    pub header: PayloadMap,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    SignalInitiated {
        target: Box<Target>,
        signal: Box<Sent>,
        /// Nobody else may get it: the target is a child of the sender.
        child_only: bool,
        task: EventId,
    },
    Signaled {
        initiated: EventId,
        target: Box<Target>,
    },
    SignalFailed {
        initiated: EventId,
        target: Box<Target>,
        cause: FailedCause,
    },
    CancelInitiated {
        target: Box<Target>,
        reason: String,
        child_only: bool,
        task: EventId,
    },
    CancelRequested {
        initiated: EventId,
        target: Box<Target>,
    },
    CancelFailed {
        initiated: EventId,
        target: Box<Target>,
        cause: FailedCause,
    },
}

/// In Temporal's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedCause {
    /// There is no such run, or it is over.
    NotFound,
    /// It has taken as many signals as a run can take.
    SignalLimit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Absent,
    SignalSent,
    CancelSent,
    Delivered,
    Failed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Absent => "Absent",
            State::SignalSent => "SignalSent",
            State::CancelSent => "CancelSent",
            State::Delivered => "Delivered",
            State::Failed => "Failed",
        }
    }

    /// Applies one recorded event.
    pub fn apply(self, event: &Event) -> Result<State, IllegalTransition> {
        match (self, event) {
            (State::Absent, Event::SignalInitiated { .. }) => Ok(State::SignalSent),
            (State::Absent, Event::CancelInitiated { .. }) => Ok(State::CancelSent),
            (State::SignalSent, Event::Signaled { .. })
            | (State::CancelSent, Event::CancelRequested { .. }) => Ok(State::Delivered),
            (State::SignalSent, Event::SignalFailed { .. })
            | (State::CancelSent, Event::CancelFailed { .. }) => Ok(State::Failed),

            (
                State::Absent,
                Event::Signaled { .. }
                | Event::SignalFailed { .. }
                | Event::CancelRequested { .. }
                | Event::CancelFailed { .. },
            )
            | (
                State::SignalSent,
                Event::SignalInitiated { .. }
                | Event::CancelInitiated { .. }
                | Event::CancelRequested { .. }
                | Event::CancelFailed { .. },
            )
            | (
                State::CancelSent,
                Event::SignalInitiated { .. }
                | Event::CancelInitiated { .. }
                | Event::Signaled { .. }
                | Event::SignalFailed { .. },
            )
            | (
                State::Delivered | State::Failed,
                Event::SignalInitiated { .. }
                | Event::Signaled { .. }
                | Event::SignalFailed { .. }
                | Event::CancelInitiated { .. }
                | Event::CancelRequested { .. }
                | Event::CancelFailed { .. },
            ) => Err(IllegalTransition::new("external", self.name(), event.name())),
        }
    }
}

impl Event {
    pub fn wished_in_task(&self) -> Option<EventId> {
        match self {
            Event::SignalInitiated { task, .. } | Event::CancelInitiated { task, .. } => {
                Some(*task)
            }
            Event::Signaled { .. }
            | Event::SignalFailed { .. }
            | Event::CancelRequested { .. }
            | Event::CancelFailed { .. } => None,
        }
    }

    /// A cancel of a child names its run only once that has started, which is nothing that the
    /// guest chose.
    pub fn answers(&self, decided: &Event) -> bool {
        match (self, decided) {
            (
                Event::SignalInitiated { target: was, signal: was_sent, .. },
                Event::SignalInitiated { target: is, signal: is_sent, .. },
            ) => {
                was.is_same(is)
                    && was_sent.name == is_sent.name
                    && payload::all_answer(&was_sent.input, &is_sent.input)
            }
            (
                Event::CancelInitiated { target: was, child_only: true, .. },
                Event::CancelInitiated { target: is, child_only: true, .. },
            ) => was.workflow_id == is.workflow_id,
            (
                Event::CancelInitiated { target: was, child_only: false, .. },
                Event::CancelInitiated { target: is, child_only: false, .. },
            ) => was.is_same(is),
            (
                Event::SignalInitiated { .. }
                | Event::Signaled { .. }
                | Event::SignalFailed { .. }
                | Event::CancelInitiated { .. }
                | Event::CancelRequested { .. }
                | Event::CancelFailed { .. },
                _,
            ) => false,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Event::SignalInitiated { .. } => "SignalInitiated",
            Event::Signaled { .. } => "Signaled",
            Event::SignalFailed { .. } => "SignalFailed",
            Event::CancelInitiated { .. } => "CancelInitiated",
            Event::CancelRequested { .. } => "CancelRequested",
            Event::CancelFailed { .. } => "CancelFailed",
        }
    }
}

impl Target {
    fn is_same(&self, other: &Target) -> bool {
        self.workflow_id == other.workflow_id && self.run == other.run
    }
}

impl FailedCause {
    /// What the sender's program sees, in the words of Temporal's SDKs. `what`: `signal` or `cancel`.
    pub fn failure(self, what: &str) -> Failure {
        match self {
            FailedCause::NotFound => {
                let it = if what == "signal" { "it was " } else { "" };
                Failure::host_for_now(
                    "ExternalWorkflowExecutionNotFound",
                    format!("Unable to {what} external workflow because {it}not found"),
                )
            }
            FailedCause::SignalLimit => Failure::host_for_now(
                "SignalCountLimitExceeded",
                format!(
                    "Unable to {what} external workflow because The per-workflow signal limit was exceeded"
                ),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;
    use expect_test::expect;

    #[test]
    fn a_program_knows_why_it_failed_by_type_and_words_that_temporals_have_and_may_try_again() {
        let all = [
            (FailedCause::NotFound, "signal"),
            (FailedCause::NotFound, "cancel"),
            (FailedCause::SignalLimit, "signal"),
        ];
        let lines = all.map(|(cause, what)| {
            let Failure { message, kind, .. } = cause.failure(what);
            let FailureKind::Application { error_type, non_retryable, .. } = kind else {
                panic!("{kind:?}")
            };
            format!("{error_type}: {message}; non-retryable: {non_retryable}\n")
        });
        expect![[r#"
            ExternalWorkflowExecutionNotFound: Unable to signal external workflow because it was not found; non-retryable: false
            ExternalWorkflowExecutionNotFound: Unable to cancel external workflow because not found; non-retryable: false
            SignalCountLimitExceeded: Unable to signal external workflow because The per-workflow signal limit was exceeded; non-retryable: false
        "#]].assert_eq(&lines.concat());
    }
}
