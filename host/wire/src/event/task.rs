//! Workflow tasks.

use crate::api::common::v1::WorkerVersionStamp;
use crate::api::deployment::v1::WorkerDeploymentVersion;
use crate::api::enums::v1::{TimeoutType, VersioningBehavior, WorkflowTaskFailedCause};
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    WorkflowTaskCompletedEventAttributes, WorkflowTaskFailedEventAttributes,
    WorkflowTaskScheduledEventAttributes, WorkflowTaskStartedEventAttributes,
    WorkflowTaskTimedOutEventAttributes,
};
use crate::api::sdk::v1::WorkflowTaskCompletedMetadata;
use crate::options::{
    count_from_proto, count_to_proto, delay_from_proto, delay_to_proto, event_id_from_proto,
    event_id_to_proto, run_to_proto, task_queue_from_proto, task_queue_to_proto,
};
use crate::{DecodeError, failure};
use refrain_core::ids::{Digest, EventId};
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::task::{Event, FailedCause, Reset};
use refrain_core::time::Delay;

/// All our components in Temporal's terms: one deployment, and a build for each digest.
pub(crate) const DEPLOYMENT: &str = "refrain";
/// The web page shows what is after the dash: "Wasm".
pub(crate) const SDK_NAME: &str = "refrain-wasm";

pub(super) fn to_proto(event: &Event) -> Attributes {
    match event {
        Event::Scheduled { task_queue, timeout, attempt } => {
            Attributes::WorkflowTaskScheduledEventAttributes(WorkflowTaskScheduledEventAttributes {
                task_queue: Some(task_queue_to_proto(task_queue)),
                start_to_close_timeout: Some(delay_to_proto(*timeout)),
                attempt: count_to_proto(*attempt),
            })
        }
        Event::Started { scheduled, identity, history_bytes, suggest_continue_as_new } => {
            Attributes::WorkflowTaskStartedEventAttributes(WorkflowTaskStartedEventAttributes {
                scheduled_event_id: event_id_to_proto(*scheduled),
                identity: identity.clone(),
                history_size_bytes: i64::try_from(*history_bytes).unwrap_or(i64::MAX),
                suggest_continue_as_new: *suggest_continue_as_new,
                ..Default::default()
            })
        }
        Event::Completed { scheduled, started, identity, component } => {
            Attributes::WorkflowTaskCompletedEventAttributes(completed_to_proto(
                *scheduled, *started, identity, *component,
            ))
        }
        Event::Failed { scheduled, started, cause, failure, identity, reset } => {
            Attributes::WorkflowTaskFailedEventAttributes(WorkflowTaskFailedEventAttributes {
                scheduled_event_id: event_id_to_proto(*scheduled),
                started_event_id: event_id_to_proto(*started),
                cause: cause_to_proto(*cause) as i32,
                failure: Some(failure::to_proto(failure)),
                identity: identity.clone(),
                base_run_id: run_to_proto(reset.map(|it| it.base)),
                new_run_id: run_to_proto(reset.map(|it| it.new)),
                ..Default::default()
            })
        }
        Event::TimedOut { scheduled, started } => {
            Attributes::WorkflowTaskTimedOutEventAttributes(WorkflowTaskTimedOutEventAttributes {
                scheduled_event_id: event_id_to_proto(*scheduled),
                started_event_id: event_id_to_proto(*started),
                timeout_type: TimeoutType::StartToClose as i32,
            })
        }
    }
}

#[allow(deprecated, reason = "the web page still reads the build id from `worker_version`")]
fn completed_to_proto(
    scheduled: EventId,
    started: EventId,
    identity: &str,
    component: Option<Digest>,
) -> WorkflowTaskCompletedEventAttributes {
    let build_id = component.map(|digest| digest.to_string());
    WorkflowTaskCompletedEventAttributes {
        scheduled_event_id: event_id_to_proto(scheduled),
        started_event_id: event_id_to_proto(started),
        identity: identity.to_owned(),
        worker_version: build_id
            .clone()
            .map(|build_id| WorkerVersionStamp { build_id, use_versioning: false }),
        sdk_metadata: Some(WorkflowTaskCompletedMetadata {
            sdk_name: SDK_NAME.to_owned(),
            sdk_version: env!("CARGO_PKG_VERSION").to_owned(),
            ..Default::default()
        }),
        metering_metadata: Some(Default::default()),
        // A run stays on its component until someone says otherwise: Temporal's "pinned".
        versioning_behavior: match component {
            Some(_) => VersioningBehavior::Pinned as i32,
            None => VersioningBehavior::Unspecified as i32,
        },
        worker_deployment_name: match component {
            Some(_) => DEPLOYMENT.to_owned(),
            None => String::new(),
        },
        deployment_version: build_id.map(|build_id| WorkerDeploymentVersion {
            build_id,
            deployment_name: DEPLOYMENT.to_owned(),
        }),
        ..Default::default()
    }
}

pub(super) fn scheduled(it: WorkflowTaskScheduledEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Task(Event::Scheduled {
        task_queue: task_queue_from_proto(it.task_queue),
        timeout: match it.start_to_close_timeout {
            Some(timeout) => delay_from_proto("workflow task's timeout", timeout)?,
            None => Delay::ZERO,
        },
        attempt: count_from_proto("workflow task's attempt", it.attempt)?,
    }))
}

pub(super) fn started(it: WorkflowTaskStartedEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Task(Event::Started {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        identity: it.identity,
        history_bytes: u64::try_from(it.history_size_bytes).map_err(|_| {
            DecodeError::bad("history_size_bytes", it.history_size_bytes, "0 or more")
        })?,
        suggest_continue_as_new: it.suggest_continue_as_new,
    }))
}

pub(super) fn completed(it: WorkflowTaskCompletedEventAttributes) -> Result<AnyEvent, DecodeError> {
    // A history from elsewhere has a build id of another kind: then the component is not known.
    let component = it.deployment_version.and_then(|version| version.build_id.parse().ok());
    Ok(AnyEvent::Task(Event::Completed {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        started: started_id(it.started_event_id)?,
        identity: it.identity,
        component,
    }))
}

pub(super) fn failed(it: WorkflowTaskFailedEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Task(Event::Failed {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        started: started_id(it.started_event_id)?,
        cause: cause_from_proto(it.cause)?,
        failure: failure::from_proto(it.failure.unwrap_or_default())?,
        identity: it.identity,
        reset: match (it.base_run_id.parse(), it.new_run_id.parse()) {
            (Ok(base), Ok(new)) => Some(Reset { base, new }),
            // Not a reset, or one of a host whose run ids are no UUIDs.
            (Err(_), _) | (_, Err(_)) => None,
        },
    }))
}

pub(super) fn timed_out(it: WorkflowTaskTimedOutEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Task(Event::TimedOut {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        started: started_id(it.started_event_id)?,
    }))
}

fn scheduled_id(id: i64) -> Result<EventId, DecodeError> {
    event_id_from_proto("workflow task's scheduled_event_id", id)
}

fn started_id(id: i64) -> Result<EventId, DecodeError> {
    event_id_from_proto("workflow task's started_event_id", id)
}

fn cause_to_proto(cause: FailedCause) -> WorkflowTaskFailedCause {
    match cause {
        FailedCause::WorkflowWorkerUnhandledFailure => {
            WorkflowTaskFailedCause::WorkflowWorkerUnhandledFailure
        }
        FailedCause::NonDeterministicError => WorkflowTaskFailedCause::NonDeterministicError,
        // Temporal has a cause for each kind of command and none for all of them. An activity
        // with a wrong option is what nearly all of ours are.
        FailedCause::BadCommand => WorkflowTaskFailedCause::BadScheduleActivityAttributes,
        FailedCause::ScheduleActivityDuplicateId => {
            WorkflowTaskFailedCause::ScheduleActivityDuplicateId
        }
        FailedCause::PayloadsTooLarge => WorkflowTaskFailedCause::PayloadsTooLarge,
        FailedCause::PendingActivitiesLimitExceeded => {
            WorkflowTaskFailedCause::PendingActivitiesLimitExceeded
        }
        FailedCause::PendingChildrenLimitExceeded => {
            WorkflowTaskFailedCause::PendingChildWorkflowsLimitExceeded
        }
        FailedCause::PendingSignalsLimitExceeded => {
            WorkflowTaskFailedCause::PendingSignalsLimitExceeded
        }
        FailedCause::PendingCancelsLimitExceeded => {
            WorkflowTaskFailedCause::PendingRequestCancelLimitExceeded
        }
        FailedCause::BadSearchAttributes => WorkflowTaskFailedCause::BadSearchAttributes,
        FailedCause::BadModifyWorkflowPropertiesAttributes => {
            WorkflowTaskFailedCause::BadModifyWorkflowPropertiesAttributes
        }
        FailedCause::BadStartChildExecutionAttributes => {
            WorkflowTaskFailedCause::BadStartChildExecutionAttributes
        }
        FailedCause::ResetWorkflow => WorkflowTaskFailedCause::ResetWorkflow,
    }
}

fn cause_from_proto(number: i32) -> Result<FailedCause, DecodeError> {
    use WorkflowTaskFailedCause as Cause;
    let wrong = || DecodeError::bad("workflow task's cause", number, "a cause this host knows");
    Ok(match Cause::try_from(number).map_err(|_| wrong())? {
        Cause::NonDeterministicError => FailedCause::NonDeterministicError,
        Cause::ScheduleActivityDuplicateId => FailedCause::ScheduleActivityDuplicateId,
        Cause::PayloadsTooLarge => FailedCause::PayloadsTooLarge,
        Cause::PendingActivitiesLimitExceeded => FailedCause::PendingActivitiesLimitExceeded,
        Cause::PendingChildWorkflowsLimitExceeded => FailedCause::PendingChildrenLimitExceeded,
        Cause::PendingSignalsLimitExceeded => FailedCause::PendingSignalsLimitExceeded,
        Cause::PendingRequestCancelLimitExceeded => FailedCause::PendingCancelsLimitExceeded,
        Cause::BadSearchAttributes => FailedCause::BadSearchAttributes,
        Cause::BadModifyWorkflowPropertiesAttributes => {
            FailedCause::BadModifyWorkflowPropertiesAttributes
        }
        Cause::BadStartChildExecutionAttributes => FailedCause::BadStartChildExecutionAttributes,
        Cause::ResetWorkflow => FailedCause::ResetWorkflow,
        Cause::WorkflowWorkerUnhandledFailure => FailedCause::WorkflowWorkerUnhandledFailure,
        Cause::Unspecified => return Err(wrong()),
        // All others say that a command was not acceptable.
        _ => FailedCause::BadCommand,
    })
}
