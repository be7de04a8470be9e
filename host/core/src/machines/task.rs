//! Workflow tasks: one activation of the guest, from the arrival that caused it to the commit of
//! what it wished for.
//!
//! The host runs them itself, so `Scheduled`, `Started` and `Completed` are written together. A
//! failure is written once; further attempts leave no events until one succeeds.

use crate::errors::IllegalTransition;
use crate::failure::{Failure, FailureKind};
use crate::ids::{Digest, EventId, RunId};
use crate::time::Delay;

/// Why a task failed, in Temporal's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedCause {
    /// The guest trapped, ran too long, took too much memory or broke the interface.
    WorkflowWorkerUnhandledFailure,
    /// The guest asked for other things than history records.
    NonDeterministicError,
    /// A command that can't be carried out.
    BadCommand,
    PendingActivitiesLimitExceeded,
    ScheduleActivityDuplicateId,
    PendingChildrenLimitExceeded,
    PendingSignalsLimitExceeded,
    PendingCancelsLimitExceeded,
    /// A result, or the arguments of what it asked for, have more bytes than the limit.
    PayloadsTooLarge,
    BadSearchAttributes,
    BadModifyWorkflowPropertiesAttributes,
    BadStartChildExecutionAttributes,
    ResetWorkflow,
}

/// The run whose history was copied up to here, and the run that goes on from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reset {
    pub base: RunId,
    pub new: RunId,
}

#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few exist at a time, and none is kept in bulk")]
pub enum Event {
    Scheduled {
        task_queue: String,
        timeout: Delay,
        attempt: u32,
    },
    Started {
        scheduled: EventId,
        identity: String,
        history_bytes: u64,
        suggest_continue_as_new: bool,
    },
    Completed {
        scheduled: EventId,
        started: EventId,
        identity: String,
        component: Option<Digest>,
    },
    Failed {
        scheduled: EventId,
        started: EventId,
        cause: FailedCause,
        failure: Failure,
        identity: String,
        /// Of cause `ResetWorkflow`: here the history of one run goes over to that of another.
        reset: Option<Reset>,
    },
    TimedOut {
        scheduled: EventId,
        started: EventId,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Idle,
    Scheduled {
        scheduled: EventId,
    },
    Started {
        scheduled: EventId,
        started: EventId,
    },
    /// The last task failed and is written so; the next attempt is not yet.
    Failing,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Idle => "Idle",
            State::Scheduled { .. } => "Scheduled",
            State::Started { .. } => "Started",
            State::Failing => "Failing",
        }
    }

    /// Applies one recorded event, whose id is `id`.
    pub fn apply(self, id: EventId, event: &Event) -> Result<State, IllegalTransition> {
        match (self, event) {
            (State::Idle | State::Failing, Event::Scheduled { .. }) => {
                Ok(State::Scheduled { scheduled: id })
            }
            (State::Scheduled { scheduled }, Event::Started { .. }) => {
                Ok(State::Started { scheduled, started: id })
            }
            (State::Started { .. }, Event::Completed { .. }) => Ok(State::Idle),
            (State::Started { .. }, Event::Failed { .. }) => Ok(State::Failing),
            (State::Scheduled { .. } | State::Started { .. }, Event::TimedOut { .. }) => {
                Ok(State::Failing)
            }

            (
                State::Idle | State::Failing,
                Event::Started { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::TimedOut { .. },
            )
            | (
                State::Scheduled { .. },
                Event::Scheduled { .. } | Event::Completed { .. } | Event::Failed { .. },
            )
            | (State::Started { .. }, Event::Scheduled { .. } | Event::Started { .. }) => {
                Err(IllegalTransition::new("workflow task", self.name(), event.name()))
            }
        }
    }
}

/// As tools show it: Temporal's failure of a task that ends because of a reset.
pub fn reset_failure(reason: &str) -> Failure {
    let kind = FailureKind::ResetWorkflow { last_heartbeat: Vec::new() };
    Failure { message: reason.to_owned(), kind, ..Failure::default() }
}

impl Event {
    pub fn name(&self) -> &'static str {
        match self {
            Event::Scheduled { .. } => "Scheduled",
            Event::Started { .. } => "Started",
            Event::Completed { .. } => "Completed",
            Event::Failed { .. } => "Failed",
            Event::TimedOut { .. } => "TimedOut",
        }
    }
}
