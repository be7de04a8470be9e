//! Local activities: short work that the host does beside a workflow task.
//!
//! History has one event for each, the marker that Temporal's SDKs write, with the outcome. Until
//! then an attempt is in the host's memory only: a host that dies begins again from the first one.

use crate::failure::{Failure, FailureKind, RetryState};
use crate::ids::{EventId, OpSeq};
use crate::options::{CancellationType, RetryPolicy};
use crate::payload::{Payload, PayloadMap, Payloads};
use crate::time::{Delay, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Schedule(Box<Schedule>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    pub op: OpSeq,
    /// `None`: the operation's number.
    pub activity_id: Option<String>,
    pub activity_type: String,
    pub input: Payloads,
    pub header: PayloadMap,
    /// All attempts together.
    pub schedule_to_close: Option<Delay>,
    /// One attempt.
    pub start_to_close: Option<Delay>,
    pub retry: Option<RetryPolicy>,
    pub cancellation: CancellationType,
    pub summary: Option<Payload>,
}

/// How the attempts at one ended, for now.
#[derive(Clone, Debug, PartialEq)]
pub struct Closed {
    pub op: OpSeq,
    /// The last one, counted from 1.
    pub attempt: u32,
    /// It failed, and the wait before the next attempt is too long for memory.
    pub backoff: Option<Delay>,
    pub result: Result<Payloads, Failure>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// Its time is that of the end.
    Recorded(Box<Recorded>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Recorded {
    pub activity_id: String,
    pub activity_type: String,
    /// When the guest asked for it.
    pub scheduled_at: Timestamp,
    pub closed: Closed,
    pub summary: Option<Payload>,
    pub task: EventId,
}

impl Event {
    pub fn wished_in_task(&self) -> EventId {
        let Event::Recorded(recorded) = self;
        recorded.task
    }
}

/// The timer of a backoff that is too long for memory.
pub fn timer_id(op: OpSeq, attempt: u32) -> String {
    format!("local-{op}-{attempt}")
}

/// Why there was no further attempt. The marker does not say it, so it follows from the failure.
pub fn retry_state(failure: &Failure) -> RetryState {
    match &failure.kind {
        FailureKind::Application { non_retryable: true, .. }
        | FailureKind::Server { non_retryable: true }
        | FailureKind::Terminated => RetryState::NonRetryableFailure,
        FailureKind::Canceled { .. } => RetryState::CancelRequested,
        FailureKind::Timeout { .. } => RetryState::Timeout,
        FailureKind::Application { .. }
        | FailureKind::Server { .. }
        | FailureKind::ResetWorkflow { .. }
        | FailureKind::Activity { .. }
        | FailureKind::ChildWorkflow { .. } => RetryState::MaximumAttemptsReached,
    }
}
