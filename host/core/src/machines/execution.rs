//! A run as a whole: started once, closed once.
//!
//! A request to cancel is only a message; what becomes of it is the guest's decision. Closing
//! events race (the guest returns while an operator terminates): whichever is appended first
//! wins, and the loser finds a closed run.

mod continued;
mod started;

use crate::errors::IllegalTransition;
use crate::failure::{Failure, RetryState};
use crate::ids::{EventId, RunId};
use crate::message::Origin;
use crate::options::RunOptions;
use crate::payload::Payloads;

pub use continued::{ContinueAsNew, ContinuedAsNew};
pub use started::{Initiator, Parent, Started, WorkflowRun};

/// Wished by the guest: how `run` ended.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few exist at a time, and none is kept in bulk")]
pub enum Command {
    Complete { result: Payloads },
    Fail { failure: Failure },
    ContinueAsNew(Box<ContinueAsNew>),
}

#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few exist at a time, and none is kept in bulk")]
pub enum Event {
    Started(Box<Started>),
    CancelRequested {
        cause: String,
        identity: String,
        /// The run that asked, if a run did.
        from: Option<Box<Origin>>,
    },
    /// `new_run`, here and below: the next run of the chain, which began in the same commit.
    Completed {
        result: Payloads,
        task: EventId,
        new_run: Option<RunId>,
    },
    Failed {
        failure: Failure,
        retry_state: RetryState,
        task: EventId,
        new_run: Option<RunId>,
    },
    Canceled {
        details: Payloads,
        task: EventId,
    },
    TimedOut {
        retry_state: RetryState,
        new_run: Option<RunId>,
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
    /// The options as they are from now on.
    OptionsUpdated {
        options: Box<RunOptions>,
        identity: String,
        /// Also how time is skipped; else that stays as it was.
        sets_time_skipping: bool,
    },
    /// A start found this run and took it for its own: if that request comes again, so does this run.
    RequestAttached {
        request_id: String,
    },
    ContinuedAsNew(Box<ContinuedAsNew>),
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
    ContinuedAsNew,
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
            | State::Terminated
            | State::ContinuedAsNew => false,
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
            State::ContinuedAsNew => "ContinuedAsNew",
        }
    }

    /// Applies one recorded event.
    pub fn apply(self, event: &Event) -> Result<State, IllegalTransition> {
        match (self, event) {
            (State::Absent, Event::Started(_)) => Ok(State::Running),
            (
                State::Running | State::CancelRequested | State::Paused { .. },
                Event::OptionsUpdated { .. } | Event::RequestAttached { .. },
            ) => Ok(self),
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
            (State::Running | State::CancelRequested, Event::ContinuedAsNew(_)) => {
                Ok(State::ContinuedAsNew)
            }

            (
                State::Absent,
                Event::CancelRequested { .. }
                | Event::OptionsUpdated { .. }
                | Event::RequestAttached { .. }
                | Event::Paused { .. }
                | Event::Unpaused { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::Canceled { .. }
                | Event::TimedOut { .. }
                | Event::Terminated { .. }
                | Event::ContinuedAsNew(_),
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
                | Event::ContinuedAsNew(_)
                | Event::Paused { .. },
            )
            | (
                State::Completed
                | State::Failed
                | State::Canceled
                | State::TimedOut
                | State::Terminated
                | State::ContinuedAsNew,
                Event::Started(_)
                | Event::CancelRequested { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::Canceled { .. }
                | Event::TimedOut { .. }
                | Event::Terminated { .. }
                | Event::Paused { .. }
                | Event::Unpaused { .. }
                | Event::OptionsUpdated { .. }
                | Event::RequestAttached { .. }
                | Event::ContinuedAsNew(_),
            ) => Err(IllegalTransition::new("execution", self.name(), event.name())),
        }
    }
}

impl Event {
    pub fn closes_run(&self) -> bool {
        match self {
            Event::Started(_)
            | Event::CancelRequested { .. }
            | Event::Paused { .. }
            | Event::Unpaused { .. }
            | Event::OptionsUpdated { .. }
            | Event::RequestAttached { .. } => false,
            Event::Completed { .. }
            | Event::Failed { .. }
            | Event::Canceled { .. }
            | Event::TimedOut { .. }
            | Event::Terminated { .. }
            | Event::ContinuedAsNew(_) => true,
        }
    }

    pub fn wished_in_task(&self) -> Option<EventId> {
        match self {
            Event::Completed { task, .. }
            | Event::Failed { task, .. }
            | Event::Canceled { task, .. } => Some(*task),
            Event::ContinuedAsNew(it) => Some(it.task),
            Event::Started(_)
            | Event::CancelRequested { .. }
            | Event::TimedOut { .. }
            | Event::Terminated { .. }
            | Event::Paused { .. }
            | Event::Unpaused { .. }
            | Event::OptionsUpdated { .. }
            | Event::RequestAttached { .. } => None,
        }
    }

    /// The next run of the chain, if this event closes its run for one.
    pub fn new_run(&self) -> Option<RunId> {
        match self {
            Event::Completed { new_run, .. }
            | Event::Failed { new_run, .. }
            | Event::TimedOut { new_run, .. } => *new_run,
            Event::ContinuedAsNew(it) => Some(it.new_run),
            Event::Started(_)
            | Event::CancelRequested { .. }
            | Event::Canceled { .. }
            | Event::Terminated { .. }
            | Event::Paused { .. }
            | Event::Unpaused { .. }
            | Event::OptionsUpdated { .. }
            | Event::RequestAttached { .. } => None,
        }
    }

    /// A result may be computed from more than history (a float printed otherwise by a newer
    /// compiler), and nothing follows it: that the run ended, and how, is what counts.
    pub fn answers(&self, decided: &Event) -> bool {
        match (self, decided) {
            (Event::Completed { .. }, Event::Completed { .. })
            | (Event::Failed { .. }, Event::Failed { .. })
            | (Event::Canceled { .. }, Event::Canceled { .. }) => true,
            (Event::ContinuedAsNew(was), Event::ContinuedAsNew(is)) => {
                was.workflow_type == is.workflow_type && was.task_queue == is.task_queue
            }
            (
                Event::Started(_)
                | Event::CancelRequested { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::Canceled { .. }
                | Event::TimedOut { .. }
                | Event::Terminated { .. }
                | Event::Paused { .. }
                | Event::Unpaused { .. }
                | Event::OptionsUpdated { .. }
                | Event::RequestAttached { .. }
                | Event::ContinuedAsNew(_),
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
            Event::OptionsUpdated { .. } => "OptionsUpdated",
            Event::RequestAttached { .. } => "RequestAttached",
            Event::ContinuedAsNew(_) => "ContinuedAsNew",
        }
    }
}
