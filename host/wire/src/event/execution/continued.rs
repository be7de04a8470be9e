//! The end of a run that another one takes the place of.

use super::started::{initiator_from_proto, initiator_to_proto};
use super::{AnyEvent, Event, task_of};
use crate::DecodeError;
use crate::api::common::v1::WorkflowType;
use crate::api::history::v1::WorkflowExecutionContinuedAsNewEventAttributes;
use crate::options::{
    delay_from_proto, delay_to_proto, event_id_to_proto, limit_from_proto, limit_to_proto,
    run_from_proto, task_queue_from_proto, task_queue_to_proto,
};
use crate::payload;
use refrain_core::machines::execution::{ContinuedAsNew, Initiator};
use refrain_core::time::Delay;

pub(super) fn to_proto(it: &ContinuedAsNew) -> WorkflowExecutionContinuedAsNewEventAttributes {
    WorkflowExecutionContinuedAsNewEventAttributes {
        new_execution_run_id: it.new_run.to_string(),
        workflow_type: Some(WorkflowType { name: it.workflow_type.clone() }),
        task_queue: Some(task_queue_to_proto(&it.task_queue)),
        input: payload::list_to_proto(&it.input),
        workflow_run_timeout: limit_to_proto(it.run_timeout),
        workflow_task_timeout: Some(delay_to_proto(it.task_timeout)),
        workflow_task_completed_event_id: event_id_to_proto(it.task),
        backoff_start_interval: it.backoff.map(delay_to_proto),
        // As the real server, which does not say that it was the workflow's own wish.
        initiator: match it.initiator {
            Initiator::ContinueAsNew => 0,
            Initiator::Retry | Initiator::Cron => initiator_to_proto(Some(it.initiator)) as i32,
        },
        last_completion_result: payload::result_to_proto(it.last_completion_result.as_ref()),
        header: (!it.header.is_empty()).then(|| payload::header_to_proto(&it.header)),
        memo: (!it.memo.is_empty()).then(|| payload::memo_to_proto(&it.memo)),
        search_attributes: (!it.search_attributes.is_empty())
            .then(|| payload::search_attributes_to_proto(&it.search_attributes)),
        ..Default::default()
    }
}

pub(in crate::event) fn continued(
    it: WorkflowExecutionContinuedAsNewEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    const NEW_RUN: &str = "new_execution_run_id";
    Ok(AnyEvent::Execution(Event::ContinuedAsNew(Box::new(ContinuedAsNew {
        new_run: run_from_proto(NEW_RUN, &it.new_execution_run_id)?
            .ok_or(DecodeError::Missing { what: NEW_RUN })?,
        workflow_type: it.workflow_type.unwrap_or_default().name,
        task_queue: task_queue_from_proto(it.task_queue),
        input: payload::list_from_proto(it.input),
        run_timeout: limit_from_proto("workflow_run_timeout", it.workflow_run_timeout)?,
        task_timeout: match it.workflow_task_timeout {
            Some(timeout) => delay_from_proto("workflow_task_timeout", timeout)?,
            None => Delay::ZERO,
        },
        backoff: limit_from_proto("backoff_start_interval", it.backoff_start_interval)?,
        initiator: initiator_from_proto(it.initiator)?.unwrap_or(Initiator::ContinueAsNew),
        last_completion_result: payload::result_from_proto(it.last_completion_result),
        header: payload::header_from_proto(it.header),
        memo: payload::memo_from_proto(it.memo),
        search_attributes: payload::search_attributes_from_proto(it.search_attributes),
        task: task_of(it.workflow_task_completed_event_id)?,
    }))))
}
