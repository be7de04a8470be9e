//! Updates.

use crate::api::enums::v1::UpdateAdmittedEventOrigin;
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    WorkflowExecutionUpdateAcceptedEventAttributes, WorkflowExecutionUpdateAdmittedEventAttributes,
    WorkflowExecutionUpdateCompletedEventAttributes,
    WorkflowExecutionUpdateRejectedEventAttributes,
};
use crate::api::update::v1 as pb;
use crate::options::{event_id_from_proto, event_id_to_proto};
use crate::{DecodeError, failure, update};
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::update::{Event, Request};

pub(super) fn to_proto(event: &Event) -> Attributes {
    match event {
        Event::Admitted { request } => Attributes::WorkflowExecutionUpdateAdmittedEventAttributes(
            WorkflowExecutionUpdateAdmittedEventAttributes {
                request: Some(update::request_to_proto(request)),
                origin: UpdateAdmittedEventOrigin::Reapply as i32,
            },
        ),
        Event::Accepted { update, request, sequencing } => {
            Attributes::WorkflowExecutionUpdateAcceptedEventAttributes(
                WorkflowExecutionUpdateAcceptedEventAttributes {
                    protocol_instance_id: update.clone(),
                    accepted_request_message_id: format!("{update}/request"),
                    accepted_request_sequencing_event_id: event_id_to_proto(*sequencing),
                    accepted_request: request.as_deref().map(update::request_to_proto),
                },
            )
        }
        Event::Rejected { update, admitted, failure } => {
            Attributes::WorkflowExecutionUpdateRejectedEventAttributes(
                WorkflowExecutionUpdateRejectedEventAttributes {
                    protocol_instance_id: update.clone(),
                    rejected_request_message_id: format!("{update}/request"),
                    rejected_request_sequencing_event_id: event_id_to_proto(*admitted),
                    rejected_request: None,
                    failure: Some(failure::to_proto(failure)),
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
    let update = it.protocol_instance_id;
    let request = it.accepted_request.map(|request| {
        Box::new(Request { id: update.clone(), ..update::request_from_proto(request) })
    });
    let sequencing = it.accepted_request_sequencing_event_id;
    let sequencing = event_id_from_proto("accepted_request_sequencing_event_id", sequencing)?;
    Ok(AnyEvent::Update(Event::Accepted { update, request, sequencing }))
}

pub(super) fn admitted(
    it: WorkflowExecutionUpdateAdmittedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    let request = it.request.ok_or(DecodeError::Missing { what: "admitted update's request" })?;
    let request = Box::new(update::request_from_proto(request));
    Ok(AnyEvent::Update(Event::Admitted { request }))
}

pub(super) fn rejected(
    it: WorkflowExecutionUpdateRejectedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    let admitted = it.rejected_request_sequencing_event_id;
    let failure = it.failure.ok_or(DecodeError::Missing { what: "rejected update's failure" })?;
    Ok(AnyEvent::Update(Event::Rejected {
        update: it.protocol_instance_id,
        admitted: event_id_from_proto("rejected_request_sequencing_event_id", admitted)?,
        failure: failure::from_proto(failure)?,
    }))
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
