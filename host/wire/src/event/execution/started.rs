//! The first event of a run.

use super::{AnyEvent, Event};
use crate::DecodeError;
use crate::api::common::v1::{Link, WorkflowExecution, WorkflowType};
use crate::api::enums::v1::ContinueAsNewInitiator;
use crate::api::history::v1::WorkflowExecutionStartedEventAttributes;
use crate::api::sdk::v1::UserMetadata;
use crate::options::{
    count_from_proto, count_to_proto, delay_from_proto, delay_to_proto, event_id_from_proto,
    event_id_to_proto, execution_to_proto, limit_from_proto, limit_to_proto, links_from_proto,
    priority_from_proto, priority_to_proto, retry_from_proto, retry_to_proto, run_from_proto,
    run_to_proto, task_queue_from_proto, task_queue_to_proto, timestamp_from_proto,
    timestamp_to_proto, user_metadata_from_proto,
};
use crate::{failure, payload, reset, run_options, time_skipping};
use refrain_core::machines::execution::{Initiator, Parent, Started, WorkflowRun};
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::time::Delay;
use std::borrow::Cow;

/// A field of the header that no program sees. Temporal's event has no place for it.
const CARRIED_REQUESTS: &str = "__refrain_signal_requests";

fn with_requests(it: &Started) -> Cow<'_, PayloadMap> {
    if it.carried_requests.is_empty() {
        return Cow::Borrowed(&it.header);
    }
    let mut header = it.header.clone();
    let ids = serde_json::Value::from(it.carried_requests.as_slice());
    header.insert(CARRIED_REQUESTS.to_owned(), Payload::json(ids.to_string()));
    Cow::Owned(header)
}

fn requests(ids: Payload) -> Result<Vec<String>, DecodeError> {
    serde_json::from_slice(&ids.data).map_err(|_| {
        let found = String::from_utf8_lossy(&ids.data);
        DecodeError::bad(CARRIED_REQUESTS, found, "a list of request ids")
    })
}

pub(super) fn to_proto(it: &Started) -> WorkflowExecutionStartedEventAttributes {
    let parent = it.parent.as_ref();
    WorkflowExecutionStartedEventAttributes {
        workflow_type: Some(WorkflowType { name: it.workflow_type.clone() }),
        workflow_id: it.workflow_id.clone(),
        task_queue: Some(task_queue_to_proto(&it.task_queue)),
        input: payload::list_to_proto(&it.input),
        workflow_execution_timeout: limit_to_proto(it.execution_timeout),
        workflow_run_timeout: limit_to_proto(it.run_timeout),
        workflow_task_timeout: Some(delay_to_proto(it.task_timeout)),
        workflow_execution_expiration_time: it.execution_expires.map(timestamp_to_proto),
        original_execution_run_id: run_to_proto(it.original_run),
        first_execution_run_id: run_to_proto(it.first_run),
        continued_execution_run_id: run_to_proto(it.continued_from),
        initiator: initiator_to_proto(it.initiator) as i32,
        last_completion_result: payload::result_to_proto(it.last_completion_result.as_ref()),
        continued_failure: it.continued_failure.as_ref().map(failure::to_proto),
        parent_workflow_namespace: parent.map(|it| it.namespace.clone()).unwrap_or_default(),
        parent_workflow_execution: parent.map(|it| workflow_run_to_proto(&it.workflow)),
        parent_initiated_event_id: parent.map_or(0, |it| event_id_to_proto(it.initiated)),
        root_workflow_execution: it.root.as_ref().map(workflow_run_to_proto),
        priority: Some(priority_to_proto(&it.priority)),
        versioning_override: it.versioning.as_ref().map(run_options::override_to_proto),
        time_skipping_config: it.time_skipping.as_ref().map(time_skipping::to_proto),
        time_skipping_state_propagation: time_skipping::inherited_to_proto(&it.inherited),
        identity: it.identity.clone(),
        attempt: count_to_proto(it.attempt),
        retry_policy: it.retry.as_ref().map(retry_to_proto),
        cron_schedule: it.cron.clone(),
        first_workflow_task_backoff: limit_to_proto(it.first_task_backoff),
        // Temporal always has the header, and the other two only if there is something in them.
        header: Some(payload::header_to_proto(&with_requests(it))),
        prev_auto_reset_points: (!it.reset_points.is_empty())
            .then(|| reset::points_to_proto(&it.reset_points)),
        memo: (!it.memo.is_empty()).then(|| payload::memo_to_proto(&it.memo)),
        search_attributes: (!it.search_attributes.is_empty())
            .then(|| payload::search_attributes_to_proto(&it.search_attributes)),
        ..Default::default()
    }
}

pub(in crate::event) fn started(
    it: WorkflowExecutionStartedEventAttributes,
    metadata: Option<UserMetadata>,
    links: &[Link],
) -> Result<AnyEvent, DecodeError> {
    let (summary, details) = user_metadata_from_proto(metadata);
    let mut header = payload::header_from_proto(it.header);
    let carried_requests = header.remove(CARRIED_REQUESTS).map(requests).transpose()?;
    let parent =
        workflow_run_from_proto("parent_workflow_execution", it.parent_workflow_execution)?;
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
        execution_expires: it
            .workflow_execution_expiration_time
            .map(|at| timestamp_from_proto("workflow_execution_expiration_time", Some(at)))
            .transpose()?,
        continued_from: run_from_proto(
            "continued_execution_run_id",
            &it.continued_execution_run_id,
        )?,
        initiator: initiator_from_proto(it.initiator)?,
        last_completion_result: payload::result_from_proto(it.last_completion_result),
        continued_failure: it.continued_failure.map(failure::from_proto).transpose()?,
        parent: match parent {
            None => None,
            Some(workflow) => Some(Parent {
                namespace: it.parent_workflow_namespace,
                workflow,
                initiated: event_id_from_proto(
                    "parent_initiated_event_id",
                    it.parent_initiated_event_id,
                )?,
            }),
        },
        root: workflow_run_from_proto("root_workflow_execution", it.root_workflow_execution)?,
        priority: priority_from_proto(it.priority)?,
        versioning: run_options::override_from_proto(it.versioning_override)?,
        time_skipping: time_skipping::from_proto(it.time_skipping_config),
        inherited: time_skipping::inherited_from_proto(it.time_skipping_state_propagation)?,
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
        header,
        carried_requests: carried_requests.unwrap_or_default(),
        reset_points: reset::points_from_proto(it.prev_auto_reset_points)?,
        summary,
        details,
        links: links_from_proto(links),
    }))))
}

pub(super) fn initiator_to_proto(initiator: Option<Initiator>) -> ContinueAsNewInitiator {
    match initiator {
        None => ContinueAsNewInitiator::Unspecified,
        Some(Initiator::ContinueAsNew) => ContinueAsNewInitiator::Workflow,
        Some(Initiator::Retry) => ContinueAsNewInitiator::Retry,
        Some(Initiator::Cron) => ContinueAsNewInitiator::CronSchedule,
    }
}

pub(super) fn initiator_from_proto(number: i32) -> Result<Option<Initiator>, DecodeError> {
    match ContinueAsNewInitiator::try_from(number) {
        Ok(ContinueAsNewInitiator::Unspecified) => Ok(None),
        Ok(ContinueAsNewInitiator::Workflow) => Ok(Some(Initiator::ContinueAsNew)),
        Ok(ContinueAsNewInitiator::Retry) => Ok(Some(Initiator::Retry)),
        Ok(ContinueAsNewInitiator::CronSchedule) => Ok(Some(Initiator::Cron)),
        Err(_) => Err(DecodeError::bad("initiator", number, "0 to 3")),
    }
}

pub(crate) fn workflow_run_to_proto(it: &WorkflowRun) -> WorkflowExecution {
    execution_to_proto(&it.workflow_id, it.run)
}

pub(crate) fn workflow_run_from_proto(
    what: &'static str,
    it: Option<WorkflowExecution>,
) -> Result<Option<WorkflowRun>, DecodeError> {
    let Some(it) = it else { return Ok(None) };
    let run = run_from_proto(what, &it.run_id)?.ok_or(DecodeError::Missing { what })?;
    Ok(Some(WorkflowRun { workflow_id: it.workflow_id, run }))
}
