//! A run as a whole.

use super::Line;
use crate::DecodeError;
use crate::api::common::v1::link::workflow_event::{Reference, RequestIdReference};
use crate::api::common::v1::link::{Variant, WorkflowEvent};
use crate::api::common::v1::{Link, WorkflowType};
use crate::api::enums::v1::EventType;
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    WorkflowExecutionCancelRequestedEventAttributes, WorkflowExecutionCanceledEventAttributes,
    WorkflowExecutionCompletedEventAttributes, WorkflowExecutionFailedEventAttributes,
    WorkflowExecutionStartedEventAttributes, WorkflowExecutionTerminatedEventAttributes,
    WorkflowExecutionTimedOutEventAttributes,
};
use crate::api::sdk::v1::UserMetadata;
use crate::failure::{retry_state_from_proto, retry_state_to_proto};
use crate::options::{
    count_from_proto, count_to_proto, delay_from_proto, delay_to_proto, event_id_from_proto,
    event_id_to_proto, limit_from_proto, limit_to_proto, retry_from_proto, retry_to_proto,
    run_from_proto, run_to_proto, task_queue_from_proto, task_queue_to_proto,
    user_metadata_from_proto, user_metadata_to_proto,
};
use crate::{failure, payload};
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::execution::{Event, Started};
use refrain_core::time::Delay;

pub(super) fn to_proto(event: &Event) -> Line {
    Line::of(match event {
        Event::Started(it) => {
            let metadata = user_metadata_to_proto(it.summary.as_ref(), it.details.as_ref());
            return Line::of(Attributes::WorkflowExecutionStartedEventAttributes(
                started_to_proto(it),
            ))
            .with_metadata(metadata);
        }
        Event::CancelRequested { cause, identity, request_id } => {
            let mut line = Line::of(Attributes::WorkflowExecutionCancelRequestedEventAttributes(
                WorkflowExecutionCancelRequestedEventAttributes {
                    cause: cause.clone(),
                    identity: identity.clone(),
                    ..Default::default()
                },
            ));
            line.event.links = request_link(request_id);
            return line;
        }
        Event::Completed { result, task } => Attributes::WorkflowExecutionCompletedEventAttributes(
            WorkflowExecutionCompletedEventAttributes {
                result: payload::list_to_proto(result),
                workflow_task_completed_event_id: event_id_to_proto(*task),
                new_execution_run_id: String::new(),
            },
        ),
        Event::Failed { failure, retry_state, task } => {
            Attributes::WorkflowExecutionFailedEventAttributes(
                WorkflowExecutionFailedEventAttributes {
                    failure: Some(failure::to_proto(failure)),
                    retry_state: retry_state_to_proto(*retry_state) as i32,
                    workflow_task_completed_event_id: event_id_to_proto(*task),
                    new_execution_run_id: String::new(),
                },
            )
        }
        Event::Canceled { details, task } => Attributes::WorkflowExecutionCanceledEventAttributes(
            WorkflowExecutionCanceledEventAttributes {
                workflow_task_completed_event_id: event_id_to_proto(*task),
                details: payload::list_to_proto(details),
            },
        ),
        Event::TimedOut { retry_state } => Attributes::WorkflowExecutionTimedOutEventAttributes(
            WorkflowExecutionTimedOutEventAttributes {
                retry_state: retry_state_to_proto(*retry_state) as i32,
                new_execution_run_id: String::new(),
            },
        ),
        Event::Terminated { reason, details, identity } => {
            Attributes::WorkflowExecutionTerminatedEventAttributes(
                WorkflowExecutionTerminatedEventAttributes {
                    reason: reason.clone(),
                    details: payload::list_to_proto(details),
                    identity: identity.clone(),
                },
            )
        }
    })
}

fn started_to_proto(it: &Started) -> WorkflowExecutionStartedEventAttributes {
    WorkflowExecutionStartedEventAttributes {
        workflow_type: Some(WorkflowType { name: it.workflow_type.clone() }),
        workflow_id: it.workflow_id.clone(),
        task_queue: Some(task_queue_to_proto(&it.task_queue)),
        input: payload::list_to_proto(&it.input),
        workflow_execution_timeout: limit_to_proto(it.execution_timeout),
        workflow_run_timeout: limit_to_proto(it.run_timeout),
        workflow_task_timeout: Some(delay_to_proto(it.task_timeout)),
        original_execution_run_id: run_to_proto(it.original_run),
        first_execution_run_id: run_to_proto(it.first_run),
        identity: it.identity.clone(),
        attempt: count_to_proto(it.attempt),
        retry_policy: it.retry.as_ref().map(retry_to_proto),
        cron_schedule: it.cron.clone(),
        first_workflow_task_backoff: limit_to_proto(it.first_task_backoff),
        // Temporal always has the header, and the other two only if there is something in them.
        header: Some(payload::header_to_proto(&it.header)),
        memo: (!it.memo.is_empty()).then(|| payload::memo_to_proto(&it.memo)),
        search_attributes: (!it.search_attributes.is_empty())
            .then(|| payload::search_attributes_to_proto(&it.search_attributes)),
        ..Default::default()
    }
}

pub(super) fn started(
    it: WorkflowExecutionStartedEventAttributes,
    metadata: Option<UserMetadata>,
) -> Result<AnyEvent, DecodeError> {
    let (summary, details) = user_metadata_from_proto(metadata);
    Ok(AnyEvent::Execution(Event::Started(Box::new(Started {
        workflow_type: it.workflow_type.unwrap_or_default().name,
        workflow_id: it.workflow_id,
        task_queue: task_queue_from_proto(it.task_queue),
        input: payload::list_from_proto(it.input),
        execution_timeout: limit_from_proto(
            "workflow_execution_timeout",
            it.workflow_execution_timeout,
        )?,
        run_timeout: limit_from_proto("workflow_run_timeout", it.workflow_run_timeout)?,
        task_timeout: match it.workflow_task_timeout {
            Some(timeout) => delay_from_proto("workflow_task_timeout", timeout)?,
            None => Delay::ZERO,
        },
        original_run: run_from_proto("original_execution_run_id", &it.original_execution_run_id)?,
        first_run: run_from_proto("first_execution_run_id", &it.first_execution_run_id)?,
        identity: it.identity,
        attempt: count_from_proto("attempt", it.attempt)?,
        retry: it.retry_policy.map(retry_from_proto).transpose()?,
        cron: it.cron_schedule,
        first_task_backoff: limit_from_proto(
            "first_workflow_task_backoff",
            it.first_workflow_task_backoff,
        )?,
        memo: payload::memo_from_proto(it.memo),
        search_attributes: payload::search_attributes_from_proto(it.search_attributes),
        header: payload::header_from_proto(it.header),
        summary,
        details,
    }))))
}

/// Temporal's event has no field for the request id. Its own form for "the event of this
/// request" is a link, as in the answer to a signal; so that is where we keep it.
fn request_link(request_id: &str) -> Vec<Link> {
    if request_id.is_empty() {
        return Vec::new();
    }
    let reference = RequestIdReference {
        request_id: request_id.to_owned(),
        event_type: EventType::WorkflowExecutionCancelRequested as i32,
    };
    let event = WorkflowEvent {
        reference: Some(Reference::RequestIdRef(reference)),
        ..WorkflowEvent::default()
    };
    vec![Link { variant: Some(Variant::WorkflowEvent(event)) }]
}

fn request_id_of(links: &[Link]) -> String {
    let mut ids = links.iter().filter_map(|link| match &link.variant {
        Some(Variant::WorkflowEvent(WorkflowEvent {
            reference: Some(Reference::RequestIdRef(it)),
            ..
        })) => Some(it.request_id.clone()),
        _ => None,
    });
    ids.next_back().unwrap_or_default()
}

pub(super) fn cancel_requested(
    it: WorkflowExecutionCancelRequestedEventAttributes,
    links: &[Link],
) -> AnyEvent {
    AnyEvent::Execution(Event::CancelRequested {
        cause: it.cause,
        identity: it.identity,
        request_id: request_id_of(links),
    })
}

pub(super) fn completed(
    it: WorkflowExecutionCompletedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Execution(Event::Completed {
        result: payload::list_from_proto(it.result),
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}

pub(super) fn failed(it: WorkflowExecutionFailedEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Execution(Event::Failed {
        failure: failure::from_proto(it.failure.unwrap_or_default())?,
        retry_state: retry_state_from_proto(it.retry_state)?,
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
    Ok(AnyEvent::Execution(Event::TimedOut { retry_state }))
}

pub(super) fn terminated(it: WorkflowExecutionTerminatedEventAttributes) -> AnyEvent {
    AnyEvent::Execution(Event::Terminated {
        reason: it.reason,
        details: payload::list_from_proto(it.details),
        identity: it.identity,
    })
}

pub(super) fn task_of(id: i64) -> Result<refrain_core::ids::EventId, DecodeError> {
    event_id_from_proto("workflow_task_completed_event_id", id)
}
