//! A run as a whole.

mod continued;
mod started;

pub(super) use continued::continued;
pub(super) use started::started;
pub(crate) use started::{workflow_run_from_proto, workflow_run_to_proto};

use super::Line;
use crate::DecodeError;
use crate::api::history::v1::WorkflowExecutionOptionsUpdatedEventAttributes;
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    WorkflowExecutionCancelRequestedEventAttributes, WorkflowExecutionCanceledEventAttributes,
    WorkflowExecutionCompletedEventAttributes, WorkflowExecutionFailedEventAttributes,
    WorkflowExecutionPausedEventAttributes, WorkflowExecutionTerminatedEventAttributes,
    WorkflowExecutionTimedOutEventAttributes, WorkflowExecutionUnpausedEventAttributes,
};
use crate::api::workflow::v1::WorkflowExecutionOptions;
use crate::failure::{retry_state_from_proto, retry_state_to_proto};
use crate::options::{
    event_id_from_proto, event_id_to_proto, links_to_proto, run_from_proto, run_to_proto,
    user_metadata_to_proto,
};
use crate::{failure, payload, run_options};
use refrain_core::ids::RunId;
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::execution::Event;
use refrain_core::message::Origin;

pub(super) fn to_proto(event: &Event) -> Line {
    Line::of(match event {
        Event::Started(it) => {
            let metadata = user_metadata_to_proto(it.summary.as_ref(), it.details.as_ref());
            let mut line = Line::of(Attributes::WorkflowExecutionStartedEventAttributes(
                started::to_proto(it),
            ));
            line.event.links = links_to_proto(&it.links);
            return line.with_metadata(metadata);
        }
        Event::CancelRequested { cause, identity, from } => {
            Attributes::WorkflowExecutionCancelRequestedEventAttributes(
                WorkflowExecutionCancelRequestedEventAttributes {
                    cause: cause.clone(),
                    identity: identity.clone(),
                    external_initiated_event_id: from
                        .as_ref()
                        .map_or(0, |it| event_id_to_proto(it.initiated)),
                    external_workflow_execution: from
                        .as_ref()
                        .map(|it| workflow_run_to_proto(&it.workflow)),
                },
            )
        }
        Event::Completed { result, task, new_run } => {
            Attributes::WorkflowExecutionCompletedEventAttributes(
                WorkflowExecutionCompletedEventAttributes {
                    result: payload::list_to_proto(result),
                    workflow_task_completed_event_id: event_id_to_proto(*task),
                    new_execution_run_id: run_to_proto(*new_run),
                },
            )
        }
        Event::Failed { failure, retry_state, task, new_run } => {
            Attributes::WorkflowExecutionFailedEventAttributes(
                WorkflowExecutionFailedEventAttributes {
                    failure: Some(failure::to_proto(failure)),
                    retry_state: retry_state_to_proto(*retry_state) as i32,
                    workflow_task_completed_event_id: event_id_to_proto(*task),
                    new_execution_run_id: run_to_proto(*new_run),
                },
            )
        }
        Event::Canceled { details, task } => Attributes::WorkflowExecutionCanceledEventAttributes(
            WorkflowExecutionCanceledEventAttributes {
                workflow_task_completed_event_id: event_id_to_proto(*task),
                details: payload::list_to_proto(details),
            },
        ),
        Event::TimedOut { retry_state, new_run } => {
            Attributes::WorkflowExecutionTimedOutEventAttributes(
                WorkflowExecutionTimedOutEventAttributes {
                    retry_state: retry_state_to_proto(*retry_state) as i32,
                    new_execution_run_id: run_to_proto(*new_run),
                },
            )
        }
        Event::ContinuedAsNew(it) => {
            Attributes::WorkflowExecutionContinuedAsNewEventAttributes(continued::to_proto(it))
        }
        Event::Terminated { reason, details, identity } => {
            Attributes::WorkflowExecutionTerminatedEventAttributes(
                WorkflowExecutionTerminatedEventAttributes {
                    reason: reason.clone(),
                    details: payload::list_to_proto(details),
                    identity: identity.clone(),
                },
            )
        }
        Event::Paused { reason, identity, request_id } => {
            Attributes::WorkflowExecutionPausedEventAttributes(
                WorkflowExecutionPausedEventAttributes {
                    reason: reason.clone(),
                    identity: identity.clone(),
                    request_id: request_id.clone(),
                },
            )
        }
        Event::OptionsUpdated { options, identity, sets_time_skipping } => {
            let pb = run_options::to_proto(options);
            Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(
                WorkflowExecutionOptionsUpdatedEventAttributes {
                    unset_versioning_override: pb.versioning_override.is_none(),
                    versioning_override: pb.versioning_override,
                    priority: pb.priority,
                    time_skipping_config: pb.time_skipping_config.filter(|_| *sets_time_skipping),
                    time_skipping_config_updated: *sets_time_skipping,
                    identity: identity.clone(),
                    ..Default::default()
                },
            )
        }
        Event::RequestAttached { request_id } => {
            Attributes::WorkflowExecutionOptionsUpdatedEventAttributes(
                WorkflowExecutionOptionsUpdatedEventAttributes {
                    attached_request_id: request_id.clone(),
                    ..Default::default()
                },
            )
        }
        Event::Unpaused { reason, identity, request_id } => {
            Attributes::WorkflowExecutionUnpausedEventAttributes(
                WorkflowExecutionUnpausedEventAttributes {
                    reason: reason.clone(),
                    identity: identity.clone(),
                    request_id: request_id.clone(),
                },
            )
        }
    })
}

pub(super) fn cancel_requested(
    it: WorkflowExecutionCancelRequestedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    let asked_by =
        workflow_run_from_proto("external_workflow_execution", it.external_workflow_execution)?;
    let from = match asked_by {
        None => None,
        Some(workflow) => Some(Box::new(Origin {
            workflow,
            initiated: event_id_from_proto(
                "external_initiated_event_id",
                it.external_initiated_event_id,
            )?,
        })),
    };
    Ok(AnyEvent::Execution(Event::CancelRequested { cause: it.cause, identity: it.identity, from }))
}

pub(super) fn completed(
    it: WorkflowExecutionCompletedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Execution(Event::Completed {
        result: payload::list_from_proto(it.result),
        new_run: new_run(&it.new_execution_run_id)?,
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}

pub(super) fn failed(it: WorkflowExecutionFailedEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Execution(Event::Failed {
        failure: failure::from_proto(it.failure.unwrap_or_default())?,
        retry_state: retry_state_from_proto(it.retry_state)?,
        new_run: new_run(&it.new_execution_run_id)?,
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}

pub(super) fn canceled(
    it: WorkflowExecutionCanceledEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Execution(Event::Canceled {
        details: payload::list_from_proto(it.details),
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}

pub(super) fn timed_out(
    it: WorkflowExecutionTimedOutEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    let retry_state = retry_state_from_proto(it.retry_state)?;
    let new_run = new_run(&it.new_execution_run_id)?;
    Ok(AnyEvent::Execution(Event::TimedOut { retry_state, new_run }))
}

fn new_run(run: &str) -> Result<Option<RunId>, DecodeError> {
    run_from_proto("new_execution_run_id", run)
}

pub(super) fn terminated(it: WorkflowExecutionTerminatedEventAttributes) -> AnyEvent {
    AnyEvent::Execution(Event::Terminated {
        reason: it.reason,
        details: payload::list_from_proto(it.details),
        identity: it.identity,
    })
}

pub(super) fn paused(it: WorkflowExecutionPausedEventAttributes) -> AnyEvent {
    let WorkflowExecutionPausedEventAttributes { identity, reason, request_id } = it;
    AnyEvent::Execution(Event::Paused { reason, identity, request_id })
}

pub(super) fn unpaused(it: WorkflowExecutionUnpausedEventAttributes) -> AnyEvent {
    let WorkflowExecutionUnpausedEventAttributes { identity, reason, request_id } = it;
    AnyEvent::Execution(Event::Unpaused { reason, identity, request_id })
}

pub(super) fn options_updated(
    it: WorkflowExecutionOptionsUpdatedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    if !it.attached_request_id.is_empty() {
        let request_id = it.attached_request_id;
        return Ok(AnyEvent::Execution(Event::RequestAttached { request_id }));
    }
    let options = run_options::from_proto(WorkflowExecutionOptions {
        versioning_override: it.versioning_override,
        priority: it.priority,
        time_skipping_config: it.time_skipping_config,
    })?;
    let (options, identity) = (Box::new(options), it.identity);
    let sets_time_skipping = it.time_skipping_config_updated;
    Ok(AnyEvent::Execution(Event::OptionsUpdated { options, identity, sets_time_skipping }))
}

pub(super) fn task_of(id: i64) -> Result<refrain_core::ids::EventId, DecodeError> {
    event_id_from_proto("workflow_task_completed_event_id", id)
}
