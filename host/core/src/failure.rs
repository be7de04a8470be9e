//! Failures as users see them: Temporal's tree, cause below cause.

use crate::ids::{EventId, RunId};
use crate::payload::{Payload, Payloads};
use crate::time::Delay;

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Failure {
    pub message: String,
    /// Who made it: an SDK's name, or `refrain` for the host.
    pub source: String,
    pub stack_trace: String,
    /// Message and stack trace, encrypted by a client's codec.
    pub encoded_attributes: Option<Payload>,
    pub kind: FailureKind,
    pub cause: Option<Box<Failure>>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum FailureKind {
    Application {
        error_type: String,
        non_retryable: bool,
        details: Payloads,
        next_retry_delay: Option<Delay>,
        /// An expected failure: not worth an alarm.
        benign: bool,
    },
    Timeout {
        timeout: TimeoutType,
        last_heartbeat: Payloads,
    },
    Canceled {
        details: Payloads,
    },
    Terminated,
    /// The host's own trouble, seen by a user's code.
    Server {
        non_retryable: bool,
    },
    Activity {
        scheduled: EventId,
        started: EventId,
        identity: String,
        activity_type: String,
        activity_id: String,
        retry_state: RetryState,
    },
    ChildWorkflow {
        namespace: String,
        workflow_id: String,
        run: Option<RunId>,
        workflow_type: String,
        initiated: EventId,
        started: EventId,
        retry_state: RetryState,
    },
}

impl Default for FailureKind {
    fn default() -> FailureKind {
        FailureKind::Application {
            error_type: String::new(),
            non_retryable: false,
            details: Vec::new(),
            next_retry_delay: None,
            benign: false,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeoutType {
    StartToClose,
    ScheduleToStart,
    ScheduleToClose,
    Heartbeat,
}

/// Why there was no further attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum RetryState {
    #[default]
    Unspecified,
    InProgress,
    NonRetryableFailure,
    Timeout,
    MaximumAttemptsReached,
    RetryPolicyNotSet,
    InternalServerError,
    CancelRequested,
}

impl Failure {
    /// A failure that the host itself reports, with an error type that users can match.
    pub fn host(error_type: &str, message: impl Into<String>) -> Failure {
        Failure {
            message: message.into(),
            source: "refrain".to_owned(),
            kind: FailureKind::Application {
                error_type: error_type.to_owned(),
                non_retryable: true,
                details: Vec::new(),
                next_retry_delay: None,
                benign: false,
            },
            ..Failure::default()
        }
    }

    pub fn canceled(message: impl Into<String>) -> Failure {
        Failure {
            message: message.into(),
            source: "refrain".to_owned(),
            kind: FailureKind::Canceled { details: Vec::new() },
            ..Failure::default()
        }
    }

    pub fn timeout(timeout: TimeoutType, last_heartbeat: Payloads) -> Failure {
        Failure {
            message: format!("activity {} timeout", timeout.name()),
            source: "refrain".to_owned(),
            kind: FailureKind::Timeout { timeout, last_heartbeat },
            ..Failure::default()
        }
    }

    /// The details of the cancellation that this is, or that ended what this tells of: an activity
    /// or a child. Temporal's SDKs see it the same.
    pub fn cancellation(&self) -> Option<&Payloads> {
        match &self.kind {
            FailureKind::Canceled { details } => Some(details),
            FailureKind::Activity { .. } | FailureKind::ChildWorkflow { .. } => {
                self.cause.as_ref()?.cancellation()
            }
            FailureKind::Application { .. }
            | FailureKind::Timeout { .. }
            | FailureKind::Terminated
            | FailureKind::Server { .. } => None,
        }
    }

    pub fn caused_by(mut self, cause: Failure) -> Failure {
        self.cause = Some(Box::new(cause));
        self
    }

    /// The name that a retry policy's `non_retryable_error_types` is matched with.
    /// Timeouts have Temporal's name for them: `TemporalTimeout:StartToClose`.
    pub fn type_name(&self) -> String {
        match &self.kind {
            FailureKind::Application { error_type, .. } => error_type.clone(),
            FailureKind::Timeout { timeout, .. } => format!("TemporalTimeout:{}", timeout.name()),
            FailureKind::Canceled { .. } => "CanceledFailure".to_owned(),
            FailureKind::Terminated => "TerminatedFailure".to_owned(),
            FailureKind::Server { .. } => "ServerFailure".to_owned(),
            FailureKind::Activity { .. } => "ActivityFailure".to_owned(),
            FailureKind::ChildWorkflow { .. } => "ChildWorkflowFailure".to_owned(),
        }
    }
}

impl TimeoutType {
    pub fn name(self) -> &'static str {
        match self {
            TimeoutType::StartToClose => "StartToClose",
            TimeoutType::ScheduleToStart => "ScheduleToStart",
            TimeoutType::ScheduleToClose => "ScheduleToClose",
            TimeoutType::Heartbeat => "Heartbeat",
        }
    }
}
