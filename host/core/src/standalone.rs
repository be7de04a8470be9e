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
    /// If it was asked to cancel.
    pub cancel: Option<Cancel>,
    pub closed: Option<Closed>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cancel {
    pub reason: String,
    /// Who asked.
    pub identity: String,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    pub at: Timestamp,
    pub status: Status,
    /// Who wanted it to end so; empty: nobody but its attempts.
    pub by: String,
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
    /// Open, and no attempt begins before it is unpaused.
    Paused,
}

impl Status {
    pub const ALL: [Status; 7] = [
        Status::Running,
        Status::Completed,
        Status::Failed,
        Status::Canceled,
        Status::Terminated,
        Status::TimedOut,
        Status::Paused,
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
            Status::Paused => 7,
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
            Status::Paused => "Paused",
        }
    }
}

/// How it ends.
#[derive(Clone, Debug, PartialEq)]
pub enum End {
    /// By its attempts, or by their deadlines.
    Attempts(Box<ActivityOutcome>),
    /// By somebody who is no worker.
    Outside {
        result: Payloads,
        identity: String,
    },
    Terminated {
        reason: String,
        identity: String,
    },
}

impl Execution {
    pub fn status(&self) -> Status {
        match &self.closed {
            Some(closed) => closed.status,
            None if self.task.is_held() => Status::Paused,
            None => Status::Running,
        }
    }

    /// When it may begin: at its start, or after its delay.
    pub fn began_at(&self) -> Timestamp {
        self.task.scheduled_at.plus(self.delay)
    }

    /// From there to its end.
    pub fn took(&self) -> Option<Delay> {
        self.closed.as_ref().map(|closed| Delay(closed.at.0.saturating_sub(self.began_at().0)))
    }

    /// `task`: what its row said last.
    pub fn ended(self, mut task: ActivityTask, end: End, at: Timestamp) -> Execution {
        let mut by = String::new();
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
                    let failure = said("Activity canceled", kind);
                    by = self.cancel.as_ref().map_or_else(String::new, |it| it.identity.clone());
                    (Status::Canceled, Err(Box::new(failure)), RetryState::Unspecified)
                }
            },
            End::Outside { result, identity } => {
                let began = match &task.state {
                    State::Started { at, .. } => *at,
                    State::Waiting { .. } => at,
                };
                task = task.on_started(identity, began);
                (Status::Completed, Ok(result), RetryState::Unspecified)
            }
            End::Terminated { reason, identity } => {
                let failure = said(&reason, FailureKind::Terminated);
                by = identity;
                (Status::Terminated, Err(Box::new(failure)), RetryState::Unspecified)
            }
        };
        let closed = Some(Closed { at, status, by, outcome, retry_state });
        Execution { task, closed, ..self }
    }
}

/// The words of whoever ended it, not the host's.
fn said(message: &str, kind: FailureKind) -> Failure {
    Failure { message: message.to_owned(), kind, ..Failure::default() }
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
