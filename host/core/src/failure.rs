//! Failures as users see them: Temporal's tree, cause below cause.

use crate::ids::{EventId, RunId};
use crate::payload::{Payload, Payloads, size_of_all};
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
    /// What the activity had told when its workflow was reset to before it ended.
    ResetWorkflow {
        last_heartbeat: Payloads,
    },
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
        Failure::of_host(error_type, message.into(), true)
    }

    /// As [`Failure::host`], of what may be tried again.
    pub fn host_for_now(error_type: &str, message: impl Into<String>) -> Failure {
        Failure::of_host(error_type, message.into(), false)
    }

    fn of_host(error_type: &str, message: String, non_retryable: bool) -> Failure {
        Failure {
            message,
            source: "refrain".to_owned(),
            kind: FailureKind::Application {
                error_type: error_type.to_owned(),
                non_retryable,
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

    /// Why an activity or a child is canceled. Without words, as in Temporal's SDKs: the failure that
    /// it causes has them.
    pub fn canceled_with(details: Payloads) -> Failure {
        Failure { kind: FailureKind::Canceled { details }, ..Failure::canceled("") }
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
            | FailureKind::ResetWorkflow { .. }
            | FailureKind::Server { .. } => None,
        }
    }

    pub fn caused_by(mut self, cause: Failure) -> Failure {
        self.cause = Some(Box::new(cause));
        self
    }

    /// Itself, or a failure that says that this one was cut to about `bytes_max`, with what is left
    /// of it as its cause.
    pub fn within(self, bytes_max: usize) -> Failure {
        if self.size() <= bytes_max {
            return self;
        }
        Failure {
            message: "Failure exceeds size limit.".to_owned(),
            source: "refrain".to_owned(),
            kind: FailureKind::Server { non_retryable: false },
            ..Failure::default()
        }
        .caused_by(self.cut(bytes_max))
    }

    /// Message first, then stack trace, then causes: as much of each as there is room for. Details
    /// go whole or not at all.
    fn cut(self, bytes_max: usize) -> Failure {
        let message = cut(self.message, bytes_max);
        let mut room = bytes_max - message.len();
        let stack_trace = cut(self.stack_trace, room);
        room -= stack_trace.len();
        let kind = match self.kind {
            FailureKind::Application {
                error_type,
                non_retryable,
                details,
                next_retry_delay,
                benign,
            } => {
                let details = fitting(details, &mut room);
                let error_type = cut(error_type, room);
                room -= error_type.len();
                FailureKind::Application {
                    error_type,
                    non_retryable,
                    details,
                    next_retry_delay,
                    benign,
                }
            }
            FailureKind::Timeout { timeout, last_heartbeat } => {
                let last_heartbeat = fitting(last_heartbeat, &mut room);
                FailureKind::Timeout { timeout, last_heartbeat }
            }
            FailureKind::Canceled { details } => {
                FailureKind::Canceled { details: fitting(details, &mut room) }
            }
            FailureKind::ResetWorkflow { last_heartbeat } => {
                FailureKind::ResetWorkflow { last_heartbeat: fitting(last_heartbeat, &mut room) }
            }
            kind @ (FailureKind::Terminated
            | FailureKind::Server { .. }
            | FailureKind::Activity { .. }
            | FailureKind::ChildWorkflow { .. }) => kind,
        };
        let cause = self.cause.filter(|_| room > 0).map(|it| Box::new(it.cut(room)));
        Failure { message, source: self.source, stack_trace, encoded_attributes: None, kind, cause }
    }

    /// Roughly what it takes on the wire. Bytes.
    pub fn size(&self) -> usize {
        let kind = match &self.kind {
            FailureKind::Application { error_type, details, .. } => {
                error_type.len() + size_of_all(details)
            }
            FailureKind::Timeout { last_heartbeat, .. }
            | FailureKind::ResetWorkflow { last_heartbeat } => size_of_all(last_heartbeat),
            FailureKind::Canceled { details } => size_of_all(details),
            FailureKind::Activity { identity, activity_type, activity_id, .. } => {
                identity.len() + activity_type.len() + activity_id.len()
            }
            FailureKind::ChildWorkflow { namespace, workflow_id, workflow_type, .. } => {
                namespace.len() + workflow_id.len() + workflow_type.len()
            }
            FailureKind::Terminated | FailureKind::Server { .. } => 0,
        };
        let encoded = self.encoded_attributes.as_ref().map_or(0, Payload::size);
        let cause = self.cause.as_ref().map_or(0, |it| it.size());
        self.message.len() + self.source.len() + self.stack_trace.len() + kind + encoded + cause
    }

    /// The name that a retry policy's `non_retryable_error_types` is matched with.
    /// Timeouts have Temporal's name for them: `TemporalTimeout:StartToClose`.
    pub fn type_name(&self) -> String {
        match &self.kind {
            FailureKind::Application { error_type, .. } => error_type.clone(),
            FailureKind::Timeout { timeout, .. } => format!("TemporalTimeout:{}", timeout.name()),
            FailureKind::Canceled { .. } => "CanceledFailure".to_owned(),
            FailureKind::Terminated => "TerminatedFailure".to_owned(),
            FailureKind::ResetWorkflow { .. } => "ResetWorkflowFailure".to_owned(),
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

/// At most so many bytes of it, ending at a character.
fn cut(mut text: String, bytes_max: usize) -> String {
    text.truncate(text.floor_char_boundary(bytes_max));
    text
}

fn fitting(payloads: Payloads, room: &mut usize) -> Payloads {
    match room.checked_sub(size_of_all(&payloads)) {
        Some(left) => {
            *room = left;
            payloads
        }
        None => Vec::new(),
    }
}
