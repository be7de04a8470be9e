//! Updates.

use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    WorkflowExecutionUpdateAcceptedEventAttributes, WorkflowExecutionUpdateCompletedEventAttributes,
};
use crate::api::update::v1 as pb;
use crate::options::{event_id_from_proto, event_id_to_proto};
use crate::{DecodeError, update};
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::update::Event;

pub(super) fn to_proto(event: &Event) -> Attributes {
    match event {
        Event::Accepted { request, sequencing } => {
            Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(
                WorkflowExecutionUpdateAcceptedEventAttributes {
                    protocol_instance_id: request.id.clone(),
                    accepted_request_message_id: format!("{}/request", request.id),
                    accepted_request_sequencing_event_id: event_id_to_proto(*sequencing),
                    accepted_request: Some(update::request_to_proto(request)),
                },
            )
        }
        Event::Completed { update, identity, accepted, outcome } => {
            Attributes::WorkflowExecutionUpdateCompletedEventAttributes(
                WorkflowExecutionUpdateCompletedEventAttributes {
                    meta: Some(pb::Meta { update_id: update.clone(), identity: identity.clone() }),
                    accepted_event_id: event_id_to_proto(*accepted),
                    outcome: Some(update::outcome_to_proto(outcome)),
                },
            )
        }
    }
}

pub(super) fn accepted(
    it: WorkflowExecutionUpdateAcceptedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    let request =
        it.accepted_request.ok_or(DecodeError::Missing { what: "update's accepted_request" })?;
    let mut request = update::request_from_proto(request);
    // One that was applied again after a reset has no other name.
    request.id = it.protocol_instance_id;
    let sequencing = it.accepted_request_sequencing_event_id;
    let sequencing = event_id_from_proto("accepted_request_sequencing_event_id", sequencing)?;
    Ok(AnyEvent::Update(Event::Accepted { request: Box::new(request), sequencing }))
}

pub(super) fn completed(
    it: WorkflowExecutionUpdateCompletedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    let meta = it.meta.unwrap_or_default();
    Ok(AnyEvent::Update(Event::Completed {
        update: meta.update_id,
        identity: meta.identity,
        accepted: event_id_from_proto("update's accepted_event_id", it.accepted_event_id)?,
        outcome: update::outcome_from_proto(it.outcome)?,
    }))
}
