//! Activities that no workflow asked for.
//!
//! The attempts are a row like any other activity's, of a run whose workflow id is empty. Beside it is
//! a record, which stays when the row is gone: who asked, and what became of it.

use crate::arrival::ActivityOutcome;
use crate::attempt::{ActivityTask, State};
use crate::failure::{Failure, FailureKind, RetryState};
use crate::ids::EventId;
use crate::payload::{Payload, PayloadMap, Payloads};
use crate::time::{Delay, Timestamp};

/// What schedules it, where there is no history.
pub const SCHEDULED: EventId = EventId::FIRST;

#[derive(Clone, Debug, PartialEq)]
pub struct Execution {
    /// While it is open: as it began, its row knows more. Then: as it was in the end.
    pub task: ActivityTask,
    pub request_id: String,
    pub details: Option<Payload>,
    pub search_attributes: PayloadMap,
    /// Before the first attempt.
    pub delay: Delay,
    /// Why it was asked to cancel, if it was.
    pub cancel_reason: Option<String>,
    pub closed: Option<Closed>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    pub at: Timestamp,
    pub status: Status,
    pub outcome: Result<Payloads, Box<Failure>>,
    pub retry_state: RetryState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    Running,
    Completed,
    Failed,
    Canceled,
    Terminated,
    TimedOut,
}

impl Status {
    pub const ALL: [Status; 6] = [
        Status::Running,
        Status::Completed,
        Status::Failed,
        Status::Canceled,
        Status::Terminated,
        Status::TimedOut,
    ];

    /// As Temporal's `ActivityExecutionStatus` numbers them.
    pub fn number(self) -> u8 {
        match self {
            Status::Running => 1,
            Status::Completed => 2,
            Status::Failed => 3,
            Status::Canceled => 4,
            Status::Terminated => 5,
            Status::TimedOut => 6,
        }
    }

    pub fn from_number(number: i64) -> Option<Status> {
        Status::ALL.into_iter().find(|it| i64::from(it.number()) == number)
    }

    /// As list filters name it.
    pub fn name(self) -> &'static str {
        match self {
            Status::Running => "Running",
            Status::Completed => "Completed",
            Status::Failed => "Failed",
            Status::Canceled => "Canceled",
            Status::Terminated => "Terminated",
            Status::TimedOut => "TimedOut",
        }
    }
}

/// How it ends.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// By its attempts, or by their deadlines.
    Attempts(Box<ActivityOutcome>),
    Terminated {
        reason: String,
    },
}

impl Execution {
    pub fn status(&self) -> Status {
        self.closed.as_ref().map_or(Status::Running, |it| it.status)
    }

    /// `task`: what its row said last.
    pub fn ended(self, task: ActivityTask, end: End, at: Timestamp) -> Execution {
        let (status, outcome, retry_state) = match end {
            End::Attempts(outcome) => match *outcome {
                ActivityOutcome::Completed { result } => {
                    (Status::Completed, Ok(result), RetryState::Unspecified)
                }
                ActivityOutcome::Failed { failure, retry_state } => {
                    (Status::Failed, Err(Box::new(failure)), retry_state)
                }
                ActivityOutcome::TimedOut { failure, retry_state } => {
                    (Status::TimedOut, Err(Box::new(failure)), retry_state)
                }
                ActivityOutcome::Canceled { details } => {
                    let kind = FailureKind::Canceled { details };
                    let failure = Failure { kind, ..Failure::canceled("Activity canceled") };
                    (Status::Canceled, Err(Box::new(failure)), RetryState::Unspecified)
                }
            },
            End::Terminated { reason } => {
                let failure =
                    Failure { kind: FailureKind::Terminated, ..Failure::canceled(reason) };
                (Status::Terminated, Err(Box::new(failure)), RetryState::Unspecified)
            }
        };
        let closed = Some(Closed { at, status, outcome, retry_state });
        Execution { task, closed, ..self }
    }
}

impl ActivityTask {
    pub fn is_standalone(&self) -> bool {
        self.run.execution.workflow.is_empty()
    }

    /// Its first attempt begins so much later.
    pub fn delayed(mut self, delay: Delay) -> ActivityTask {
        let at = self.scheduled_at.plus(delay);
        self.counts_from = at;
        self.attempt_at = at;
        self.state = State::Waiting { since: at };
        self
    }
}
