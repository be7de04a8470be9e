//! An activity as its workflow sees it: scheduled, then closed once.
//!
//! Attempts are not here. They live in a row of `activity_tasks` and follow the rules of
//! [`crate::attempt`]; only the last one reaches history, `Started` together with its outcome.

use crate::errors::IllegalTransition;
use crate::failure::{Failure, RetryState};
use crate::ids::{EventId, OpSeq};
use crate::options::{ActivityTimeouts, CancellationType, Priority, RetryPolicy};
use crate::payload::{self, Payload, PayloadMap, Payloads};

/// Wished by the guest. Canceling goes by operation, see `Command::Cancel` of all machines.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Schedule(Box<Schedule>),
}

/// What a guest says when it begins an activity; what it leaves out is filled in by
/// [`crate::attempt`] when the event is decided.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub op: OpSeq,
    pub activity_id: Option<String>,
    pub activity_type: String,
    /// `None`: the workflow's own.
    pub task_queue: Option<String>,
    pub input: Payloads,
    pub header: PayloadMap,
    pub timeouts: ActivityTimeouts,
    pub retry: Option<RetryPolicy>,
    pub cancellation: CancellationType,
    pub summary: Option<Payload>,
    /// What it leaves out is the run's.
    pub priority: Priority,
}

/// `Scheduled` with nothing left open.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    pub activity_id: String,
    pub activity_type: String,
    pub task_queue: String,
    pub input: Payloads,
    pub header: PayloadMap,
    pub timeouts: ActivityTimeouts,
    pub retry: RetryPolicy,
    pub task: EventId,
    pub summary: Option<Payload>,
    pub priority: Priority,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Scheduled(Box<Scheduled>),
    /// The last attempt. Its event carries the time at which that attempt began.
    Started {
        scheduled: EventId,
        identity: String,
        attempt: u32,
        last_failure: Option<Failure>,
    },
    Completed {
        scheduled: EventId,
        started: EventId,
        result: Payloads,
        identity: String,
    },
    Failed {
        scheduled: EventId,
        started: EventId,
        failure: Failure,
        retry_state: RetryState,
        identity: String,
    },
    TimedOut {
        scheduled: EventId,
        started: EventId,
        failure: Failure,
        retry_state: RetryState,
    },
    CancelRequested {
        scheduled: EventId,
        task: EventId,
    },
    Canceled {
        scheduled: EventId,
        /// 0 if no attempt had begun.
        started: EventId,
        cancel_requested: EventId,
        details: Payloads,
        identity: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Absent,
    Scheduled,
    CancelRequested {
        requested: EventId,
    },
    /// Between `Started` and the outcome, which are written together.
    Started {
        started: EventId,
        cancel_requested: Option<EventId>,
    },
    Completed,
    Failed,
    TimedOut,
    Canceled,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Absent => "Absent",
            State::Scheduled => "Scheduled",
            State::CancelRequested { .. } => "CancelRequested",
            State::Started { .. } => "Started",
            State::Completed => "Completed",
            State::Failed => "Failed",
            State::TimedOut => "TimedOut",
            State::Canceled => "Canceled",
        }
    }

    pub fn is_closed(self) -> bool {
        match self {
            State::Absent
            | State::Scheduled
            | State::CancelRequested { .. }
            | State::Started { .. } => false,
            State::Completed | State::Failed | State::TimedOut | State::Canceled => true,
        }
    }

    /// Applies one recorded event, whose id is `id`.
    ///
    /// Outcomes are legal without `Started`: a timeout before any attempt, and a cancel of an
    /// activity that no worker had taken.
    pub fn apply(self, id: EventId, event: &Event) -> Result<State, IllegalTransition> {
        match (self, event) {
            (State::Absent, Event::Scheduled(_)) => Ok(State::Scheduled),
            (State::Scheduled, Event::CancelRequested { .. }) => {
                Ok(State::CancelRequested { requested: id })
            }
            (State::Started { started, cancel_requested: None }, Event::CancelRequested { .. }) => {
                Ok(State::Started { started, cancel_requested: Some(id) })
            }
            (State::Scheduled, Event::Started { .. }) => {
                Ok(State::Started { started: id, cancel_requested: None })
            }
            (State::CancelRequested { requested }, Event::Started { .. }) => {
                Ok(State::Started { started: id, cancel_requested: Some(requested) })
            }
            (State::Started { .. }, Event::Completed { .. }) => Ok(State::Completed),
            (State::Started { .. }, Event::Failed { .. }) => Ok(State::Failed),
            (
                State::Scheduled | State::CancelRequested { .. } | State::Started { .. },
                Event::TimedOut { .. },
            ) => Ok(State::TimedOut),
            (State::CancelRequested { .. }, Event::Canceled { .. }) => Ok(State::Canceled),
            (State::Started { cancel_requested: Some(_), .. }, Event::Canceled { .. }) => {
                Ok(State::Canceled)
            }

            (
                State::Absent,
                Event::Started { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::TimedOut { .. }
                | Event::CancelRequested { .. }
                | Event::Canceled { .. },
            )
            | (
                State::Scheduled,
                Event::Scheduled(_)
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::Canceled { .. },
            )
            | (
                State::CancelRequested { .. },
                Event::Scheduled(_)
                | Event::CancelRequested { .. }
                | Event::Completed { .. }
                | Event::Failed { .. },
            )
            | (State::Started { .. }, Event::Scheduled(_) | Event::Started { .. })
            | (State::Started { cancel_requested: Some(_), .. }, Event::CancelRequested { .. })
            | (State::Started { cancel_requested: None, .. }, Event::Canceled { .. })
            | (
                State::Completed | State::Failed | State::TimedOut | State::Canceled,
                Event::Scheduled(_)
                | Event::Started { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::TimedOut { .. }
                | Event::CancelRequested { .. }
                | Event::Canceled { .. },
            ) => Err(IllegalTransition::new("activity", self.name(), event.name())),
        }
    }
}

impl Event {
    pub fn wished_in_task(&self) -> Option<EventId> {
        match self {
            Event::Scheduled(scheduled) => Some(scheduled.task),
            Event::CancelRequested { task, .. } => Some(*task),
            Event::Started { .. }
            | Event::Completed { .. }
            | Event::Failed { .. }
            | Event::TimedOut { .. }
            | Event::Canceled { .. } => None,
        }
    }

    /// Timeouts and retry policy may be changed in a running program: they do not decide what
    /// the guest does next. Which activity, with which arguments, does.
    pub fn answers(&self, decided: &Event) -> bool {
        match (self, decided) {
            (Event::Scheduled(was), Event::Scheduled(is)) => {
                was.activity_id == is.activity_id
                    && was.activity_type == is.activity_type
                    && payload::all_answer(&was.input, &is.input)
            }
            (
                Event::CancelRequested { scheduled: was, .. },
                Event::CancelRequested { scheduled: is, .. },
            ) => was == is,
            (
                Event::Scheduled(_)
                | Event::Started { .. }
                | Event::Completed { .. }
                | Event::Failed { .. }
                | Event::TimedOut { .. }
                | Event::CancelRequested { .. }
                | Event::Canceled { .. },
                _,
            ) => false,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Event::Scheduled(_) => "Scheduled",
            Event::Started { .. } => "Started",
            Event::Completed { .. } => "Completed",
            Event::Failed { .. } => "Failed",
            Event::TimedOut { .. } => "TimedOut",
            Event::CancelRequested { .. } => "CancelRequested",
            Event::Canceled { .. } => "Canceled",
        }
    }
}
