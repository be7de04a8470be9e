//! The failure tree.

use crate::DecodeError;
use crate::api::common::v1::{ActivityType, WorkflowExecution, WorkflowType};
use crate::api::enums::v1 as enums;
use crate::api::failure::v1 as pb;
use crate::api::failure::v1::failure::FailureInfo;
use crate::options::{
    delay_to_proto, event_id_from_proto, event_id_to_proto, limit_from_proto, run_from_proto,
    run_to_proto,
};
use crate::payload;
use refrain_core::failure::{Failure, FailureKind, RetryState, TimeoutType};

pub fn to_proto(failure: &Failure) -> pb::Failure {
    pb::Failure {
        message: failure.message.clone(),
        source: failure.source.clone(),
        stack_trace: failure.stack_trace.clone(),
        encoded_attributes: failure.encoded_attributes.as_ref().map(payload::to_proto),
        cause: failure.cause.as_ref().map(|cause| Box::new(to_proto(cause))),
        failure_info: Some(kind_to_proto(&failure.kind)),
    }
}

fn kind_to_proto(kind: &FailureKind) -> FailureInfo {
    match kind {
        FailureKind::Application {
            error_type,
            non_retryable,
            details,
            next_retry_delay,
            benign,
        } => FailureInfo::ApplicationFailureInfo(pb::ApplicationFailureInfo {
            r#type: error_type.clone(),
            non_retryable: *non_retryable,
            details: payload::list_to_proto(details),
            next_retry_delay: next_retry_delay.map(delay_to_proto),
            category: if *benign {
                enums::ApplicationErrorCategory::Benign as i32
            } else {
                enums::ApplicationErrorCategory::Unspecified as i32
            },
        }),
        FailureKind::Timeout { timeout, last_heartbeat } => {
            FailureInfo::TimeoutFailureInfo(pb::TimeoutFailureInfo {
                timeout_type: timeout_to_proto(*timeout) as i32,
                last_heartbeat_details: payload::list_to_proto(last_heartbeat),
            })
        }
        FailureKind::Canceled { details } => {
            FailureInfo::CanceledFailureInfo(pb::CanceledFailureInfo {
                details: payload::list_to_proto(details),
                identity: String::new(),
            })
        }
        FailureKind::Terminated => FailureInfo::TerminatedFailureInfo(Default::default()),
        FailureKind::ResetWorkflow { last_heartbeat } => {
            FailureInfo::ResetWorkflowFailureInfo(pb::ResetWorkflowFailureInfo {
                last_heartbeat_details: payload::list_to_proto(last_heartbeat),
            })
        }
        FailureKind::Server { non_retryable } => {
            FailureInfo::ServerFailureInfo(pb::ServerFailureInfo { non_retryable: *non_retryable })
        }
        FailureKind::Activity {
            scheduled,
            started,
            identity,
            activity_type,
            activity_id,
            retry_state,
        } => FailureInfo::ActivityFailureInfo(pb::ActivityFailureInfo {
            scheduled_event_id: event_id_to_proto(*scheduled),
            started_event_id: event_id_to_proto(*started),
            identity: identity.clone(),
            activity_type: Some(ActivityType { name: activity_type.clone() }),
            activity_id: activity_id.clone(),
            retry_state: retry_state_to_proto(*retry_state) as i32,
        }),
        FailureKind::ChildWorkflow {
            namespace,
            workflow_id,
            run,
            workflow_type,
            initiated,
            started,
            retry_state,
        } => {
            FailureInfo::ChildWorkflowExecutionFailureInfo(pb::ChildWorkflowExecutionFailureInfo {
                namespace: namespace.clone(),
                workflow_execution: Some(WorkflowExecution {
                    workflow_id: workflow_id.clone(),
                    run_id: run_to_proto(*run),
                }),
                workflow_type: Some(WorkflowType { name: workflow_type.clone() }),
                initiated_event_id: event_id_to_proto(*initiated),
                started_event_id: event_id_to_proto(*started),
                retry_state: retry_state_to_proto(*retry_state) as i32,
            })
        }
    }
}

/// prost refuses messages nested deeper than 100, so this recursion has an end.
pub fn from_proto(failure: pb::Failure) -> Result<Failure, DecodeError> {
    Ok(Failure {
        message: failure.message,
        source: failure.source,
        stack_trace: failure.stack_trace,
        encoded_attributes: failure.encoded_attributes.map(payload::from_proto),
        kind: kind_from_proto(failure.failure_info)?,
        cause: match failure.cause {
            Some(cause) => Some(Box::new(from_proto(*cause)?)),
            None => None,
        },
    })
}

/// A kind that core has no word for (Nexus) becomes an application failure that keeps its
/// name: a worker's report must never be lost because of how it is dressed.
fn kind_from_proto(info: Option<FailureInfo>) -> Result<FailureKind, DecodeError> {
    let named = |error_type: &str, non_retryable, details| FailureKind::Application {
        error_type: error_type.to_owned(),
        non_retryable,
        details,
        next_retry_delay: None,
        benign: false,
    };
    Ok(match info {
        None => FailureKind::default(),
        Some(FailureInfo::ApplicationFailureInfo(it)) => FailureKind::Application {
            error_type: it.r#type,
            non_retryable: it.non_retryable,
            details: payload::list_from_proto(it.details),
            next_retry_delay: limit_from_proto("next_retry_delay", it.next_retry_delay)?,
            benign: it.category == enums::ApplicationErrorCategory::Benign as i32,
        },
        Some(FailureInfo::TimeoutFailureInfo(it)) => FailureKind::Timeout {
            timeout: timeout_from_proto(it.timeout_type)?,
            last_heartbeat: payload::list_from_proto(it.last_heartbeat_details),
        },
        Some(FailureInfo::CanceledFailureInfo(it)) => {
            FailureKind::Canceled { details: payload::list_from_proto(it.details) }
        }
        Some(FailureInfo::TerminatedFailureInfo(_)) => FailureKind::Terminated,
        Some(FailureInfo::ServerFailureInfo(it)) => {
            FailureKind::Server { non_retryable: it.non_retryable }
        }
        Some(FailureInfo::ActivityFailureInfo(it)) => FailureKind::Activity {
            scheduled: event_id_from_proto("activity failure's event", it.scheduled_event_id)?,
            started: event_id_from_proto("activity failure's event", it.started_event_id)?,
            identity: it.identity,
            activity_type: it.activity_type.unwrap_or_default().name,
            activity_id: it.activity_id,
            retry_state: retry_state_from_proto(it.retry_state)?,
        },
        Some(FailureInfo::ChildWorkflowExecutionFailureInfo(it)) => {
            let execution = it.workflow_execution.unwrap_or_default();
            FailureKind::ChildWorkflow {
                namespace: it.namespace,
                run: run_from_proto("child workflow failure's run_id", &execution.run_id)?,
                workflow_id: execution.workflow_id,
                workflow_type: it.workflow_type.unwrap_or_default().name,
                initiated: event_id_from_proto("child failure's event", it.initiated_event_id)?,
                started: event_id_from_proto("child failure's event", it.started_event_id)?,
                retry_state: retry_state_from_proto(it.retry_state)?,
            }
        }
        Some(FailureInfo::ResetWorkflowFailureInfo(it)) => FailureKind::ResetWorkflow {
            last_heartbeat: payload::list_from_proto(it.last_heartbeat_details),
        },
        Some(FailureInfo::NexusOperationExecutionFailureInfo(_)) => {
            named("NexusOperationFailure", false, Vec::new())
        }
        Some(FailureInfo::NexusHandlerFailureInfo(_)) => {
            named("NexusHandlerFailure", false, Vec::new())
        }
    })
}

pub(crate) fn timeout_to_proto(timeout: TimeoutType) -> enums::TimeoutType {
    match timeout {
        TimeoutType::StartToClose => enums::TimeoutType::StartToClose,
        TimeoutType::ScheduleToStart => enums::TimeoutType::ScheduleToStart,
        TimeoutType::ScheduleToClose => enums::TimeoutType::ScheduleToClose,
        TimeoutType::Heartbeat => enums::TimeoutType::Heartbeat,
    }
}

fn timeout_from_proto(number: i32) -> Result<TimeoutType, DecodeError> {
    match enums::TimeoutType::try_from(number) {
        Ok(enums::TimeoutType::StartToClose) => Ok(TimeoutType::StartToClose),
        Ok(enums::TimeoutType::ScheduleToStart) => Ok(TimeoutType::ScheduleToStart),
        Ok(enums::TimeoutType::ScheduleToClose) => Ok(TimeoutType::ScheduleToClose),
        Ok(enums::TimeoutType::Heartbeat) => Ok(TimeoutType::Heartbeat),
        Ok(enums::TimeoutType::Unspecified) | Err(_) => {
            Err(DecodeError::bad("timeout_type", number, "1 to 4"))
        }
    }
}

pub fn retry_state_to_proto(state: RetryState) -> enums::RetryState {
    match state {
        RetryState::Unspecified => enums::RetryState::Unspecified,
        RetryState::InProgress => enums::RetryState::InProgress,
        RetryState::NonRetryableFailure => enums::RetryState::NonRetryableFailure,
        RetryState::Timeout => enums::RetryState::Timeout,
        RetryState::MaximumAttemptsReached => enums::RetryState::MaximumAttemptsReached,
        RetryState::RetryPolicyNotSet => enums::RetryState::RetryPolicyNotSet,
        RetryState::InternalServerError => enums::RetryState::InternalServerError,
        RetryState::CancelRequested => enums::RetryState::CancelRequested,
    }
}

pub(crate) fn retry_state_from_proto(number: i32) -> Result<RetryState, DecodeError> {
    match enums::RetryState::try_from(number) {
        Ok(enums::RetryState::Unspecified) => Ok(RetryState::Unspecified),
        Ok(enums::RetryState::InProgress) => Ok(RetryState::InProgress),
        Ok(enums::RetryState::NonRetryableFailure) => Ok(RetryState::NonRetryableFailure),
        Ok(enums::RetryState::Timeout) => Ok(RetryState::Timeout),
        Ok(enums::RetryState::MaximumAttemptsReached) => Ok(RetryState::MaximumAttemptsReached),
        Ok(enums::RetryState::RetryPolicyNotSet) => Ok(RetryState::RetryPolicyNotSet),
        Ok(enums::RetryState::InternalServerError) => Ok(RetryState::InternalServerError),
        Ok(enums::RetryState::CancelRequested) => Ok(RetryState::CancelRequested),
        Err(_) => Err(DecodeError::bad("retry_state", number, "0 to 7")),
    }
}
