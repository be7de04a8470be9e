//! Upserts of search attributes and memo.

use super::execution::task_of;
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    UpsertWorkflowSearchAttributesEventAttributes, WorkflowPropertiesModifiedEventAttributes,
};
use crate::options::event_id_to_proto;
use crate::{DecodeError, payload};
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::attributes::Event;

pub(super) fn to_proto(event: &Event) -> Attributes {
    match event {
        Event::SearchUpserted { attributes, task } => {
            Attributes::UpsertWorkflowSearchAttributesEventAttributes(
                UpsertWorkflowSearchAttributesEventAttributes {
                    workflow_task_completed_event_id: event_id_to_proto(*task),
                    search_attributes: Some(payload::search_attributes_to_proto(attributes)),
                },
            )
        }
        Event::MemoUpserted { memo, task } => {
            Attributes::WorkflowPropertiesModifiedEventAttributes(
                WorkflowPropertiesModifiedEventAttributes {
                    workflow_task_completed_event_id: event_id_to_proto(*task),
                    upserted_memo: Some(payload::memo_to_proto(memo)),
                },
            )
        }
    }
}

pub(super) fn search_upserted(
    it: UpsertWorkflowSearchAttributesEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Attributes(Event::SearchUpserted {
        attributes: payload::search_attributes_from_proto(it.search_attributes),
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}

pub(super) fn memo_upserted(
    it: WorkflowPropertiesModifiedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Attributes(Event::MemoUpserted {
        memo: payload::memo_from_proto(it.upserted_memo),
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}
