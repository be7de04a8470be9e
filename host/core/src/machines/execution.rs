//! A run as a whole: started once, closed once.
//!
//! A request to cancel is only a message; what becomes of it is the guest's decision. Closing
//! events race (the guest returns while an operator terminates): whichever is appended first
//! wins, and the loser finds a closed run.

mod started;

use crate::errors::IllegalTransition;
use crate::failure::{Failure, RetryState};
use crate::ids::EventId;
use crate::message::Origin;
use crate::payload::Payloads;

pub use started::{Initiator, Parent, Started, WorkflowRun};

/// Wished by the guest: how `run` ended.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few exist at a time, and none is kept in bulk")]
pub enum Command {
    Complete { result: Payloads },
    Fail { failure: Failure },
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Started(Box<Started>),
    CancelRequested {
        cause: String,
        identity: String,
        request_id: String,
        /// The run that asked, if a run did.
        from: Option<Box<Origin>>,
    },
    Completed {
        result: Payloads,
        task: EventId,
    },
    Failed {
        failure: Failure,
        retry_state: RetryState,
        task: EventId,
    },
    Canceled {
        details: Payloads,
        task: EventId,
    },
    TimedOut {
        retry_state: RetryState,
    },
    Terminated {
        reason: String,
        details: Payloads,
        identity: String,
    },
    /// No workflow task and no new attempt at an activity begins until `Unpaused`.
    Paused {
        reason: String,
        identity: String,
        request_id: String,
    },
    Unpaused {
        reason: String,
        identity: String,
        request_id: String,
    },
}

/// Temporal's statuses, with a cancel request as a state of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    Absent,
    Running,
    CancelRequested,
    Paused {
        /// What it is again once it is unpaused.
        cancel_requested: bool,
    },
    Completed,
    Failed,
    Canceled,
    TimedOut,
    Terminated,
}

impl State {
    pub fn is_open(self) -> bool {
        match self {
            State::Running | State::CancelRequested | State::Paused { .. } => true,
            State::Absent
            | State::Completed
            | State::Failed
            | State::Canceled
            | State::TimedOut
            | State::Terminated => false,
        }
    }

    /// May a workflow task begin now?
    pub fn runs_tasks(self) -> bool {
        self.is_open() && !self.is_paused()
    }

    pub fn is_paused(self) -> bool {
        matches!(self, State::Paused { .. })
    }

    /// Someone asked for it, and it has not ended yet.
    pub fn is_cancel_requested(self) -> bool {
        matches!(self, State::CancelRequested | State::Paused { cancel_requested: true })
    }

    pub fn name(self) -> &'static str {
        match self {
            State::Absent => "Absent",
            State::Running => "Running",
            State::CancelRequested => "CancelRequested",
            State::Paused { .. } => "Paused",
            State::Completed => "Completed",
            State::Failed => "Failed",
            State::Canceled => "Canceled",
            State::TimedOut => "TimedOut",
            State::Terminated => "Terminated",
        }
    }

    /// Applies one recorded event.
    pub fn apply(self, event: &Event) -> Result<State, IllegalTransition> {
        match (self, event) {
            (State::Absent, Event::Started(_)) => Ok(State::Running),
            (State::Running | State::CancelRequested, Event::CancelRequested { .. }) => {
                Ok(State::CancelRequested)
            }
            (State::Running | State::CancelRequested, Event::Completed { .. }) => {
                Ok(State::Completed)
            }
            (State::Running | State::CancelRequested, Event::Failed { .. }) => Ok(State::Failed),
            (State::CancelRequested, Event::Canceled { .. }) => Ok(State::Canceled),
            (State::Running, Event::Paused { .. }) => {
                Ok(State::Paused { cancel_requested: false })
            }
            (State::CancelRequested, Event::Paused { .. })
            | (State::Paused { .. }, Event::CancelRequested { .. }) => {
                Ok(State::Paused { cancel_requested: true })
            }
            (State::Paused { cancel_requested: false }, Event::Unpaused { .. }) => {
                Ok(State::Running)
            }
            (State::Paused { cancel_requested: true }, Event::Unpaused { .. }) => {
                Ok(State::CancelRequested)
            }
            (
                State::Running | State::CancelRequested | State::Paused { .. },
                Event::TimedOut { .. },
            ) => Ok(State::TimedOut),
            (
                State::Running | State::CancelRequested | State::Paused { .. },
                Event::Terminated { .. },
            ) => Ok(State::Terminated),

            (
                State::Absent,
                Event::CancelRequested { .. }
                | Event::Paused { .. }
                | Event::Unpaused { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::Canceled { .. }
                | Event::TimedOut { .. }
                | Event::Terminated { .. },
            )
            | (State::Running, Event::Canceled { .. })
            | (State::Running | State::CancelRequested, Event::Started(_) | Event::Unpaused { .. })
            // Nothing that a guest wishes for can happen: it is not asked.
            | (
                State::Paused { .. },
                Event::Started(_)
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::Canceled { .. }
                | Event::Paused { .. },
            )
            | (
                State::Completed
                | State::Failed
                | State::Canceled
                | State::TimedOut
                | State::Terminated,
                Event::Started(_)
                | Event::CancelRequested { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::Canceled { .. }
                | Event::TimedOut { .. }
                | Event::Terminated { .. }
                | Event::Paused { .. }
                | Event::Unpaused { .. },
            ) => Err(IllegalTransition::new("execution", self.name(), event.name())),
        }
    }

    /// What the end of `run` leads to. A cancellation is an orderly end only if someone asked for
    /// it; otherwise it is a failure like any other.
    pub fn decide(self, command: Command, task: EventId) -> Event {
        match command {
            Command::Complete { result } => Event::Completed { result, task },
            Command::Fail { failure } => match (self, failure.cancellation()) {
                (State::CancelRequested, Some(details)) => {
                    Event::Canceled { details: details.clone(), task }
                }
                (_, Some(_) | None) => {
                    Event::Failed { failure, retry_state: RetryState::RetryPolicyNotSet, task }
                }
            },
        }
    }
}

impl Event {
    pub fn closes_run(&self) -> bool {
        match self {
            Event::Started(_)
            | Event::CancelRequested { .. }
            | Event::Paused { .. }
            | Event::Unpaused { .. } => false,
            Event::Completed { .. }
            | Event::Failed { .. }
            | Event::Canceled { .. }
            | Event::TimedOut { .. }
            | Event::Terminated { .. } => true,
        }
    }

    pub fn wished_in_task(&self) -> Option<EventId> {
        match self {
            Event::Completed { task, .. }
            | Event::Failed { task, .. }
            | Event::Canceled { task, .. } => Some(*task),
            Event::Started(_)
            | Event::CancelRequested { .. }
            | Event::TimedOut { .. }
            | Event::Terminated { .. }
            | Event::Paused { .. }
            | Event::Unpaused { .. } => None,
        }
    }

    /// A result may be computed from more than history (a float printed otherwise by a newer
    /// compiler), and nothing follows it: that the run ended, and how, is what counts.
    pub fn answers(&self, decided: &Event) -> bool {
        match (self, decided) {
            (Event::Completed { .. }, Event::Completed { .. })
            | (Event::Failed { .. }, Event::Failed { .. })
            | (Event::Canceled { .. }, Event::Canceled { .. }) => true,
            (
                Event::Started(_)
                | Event::CancelRequested { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::Canceled { .. }
                | Event::TimedOut { .. }
                | Event::Terminated { .. }
                | Event::Paused { .. }
                | Event::Unpaused { .. },
                _,
            ) => false,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Event::Started(_) => "Started",
            Event::CancelRequested { .. } => "CancelRequested",
            Event::Completed { .. } => "Completed",
            Event::Failed { .. } => "Failed",
            Event::Canceled { .. } => "Canceled",
            Event::TimedOut { .. } => "TimedOut",
            Event::Terminated { .. } => "Terminated",
            Event::Paused { .. } => "Paused",
            Event::Unpaused { .. } => "Unpaused",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::failure::FailureKind;

    fn canceled_activity() -> Failure {
        let kind = FailureKind::Activity {
            scheduled: EventId(5),
            started: EventId(6),
            identity: String::new(),
            activity_type: "charge".to_owned(),
            activity_id: "1".to_owned(),
            retry_state: RetryState::CancelRequested,
        };
        let canceled = FailureKind::Canceled { details: Vec::new() };
        Failure { kind, ..Failure::default() }
            .caused_by(Failure { kind: canceled, ..Failure::default() })
    }

    /// A program that lets the failure of what it waited for through, as most do.
    #[test]
    fn a_run_asked_to_cancel_that_ends_with_a_canceled_activity_is_canceled() {
        let fail = |failure| Command::Fail { failure };
        let decide = |state: State, failure| state.decide(fail(failure), EventId(9)).name();
        assert_eq!(decide(State::CancelRequested, canceled_activity()), "Canceled");
        assert_eq!(decide(State::Running, canceled_activity()), "Failed");
        let other = Failure::host("Other", "failed").caused_by(canceled_activity());
        assert_eq!(decide(State::CancelRequested, other), "Failed");
    }
}
