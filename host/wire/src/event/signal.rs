//! Signals.

use super::Line;
use super::execution::{workflow_run_from_proto, workflow_run_to_proto};
use crate::DecodeError;
use crate::api::common::v1::Link;
use crate::api::history::v1::WorkflowExecutionSignaledEventAttributes;
use crate::api::history::v1::history_event::Attributes;
use crate::options::{links_from_proto, links_to_proto};
use crate::payload;
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::signal::{Event, Signal};

pub(super) fn to_proto(event: &Event) -> Line {
    let Event::Received(it) = event;
    let attributes = WorkflowExecutionSignaledEventAttributes {
        signal_name: it.name.clone(),
        input: payload::list_to_proto(&it.input),
        identity: it.identity.clone(),
        header: Some(payload::header_to_proto(&it.header)),
        request_id: it.request_id.clone(),
        external_workflow_execution: it.from.as_deref().map(workflow_run_to_proto),
        ..Default::default()
    };
    let mut line = Line::of(Attributes::WorkflowExecutionSignaledEventAttributes(attributes));
    line.event.links = links_to_proto(&it.links);
    line
}

pub(super) fn received(
    it: WorkflowExecutionSignaledEventAttributes,
    links: &[Link],
) -> Result<AnyEvent, DecodeError> {
    const FROM: &str = "external_workflow_execution";
    Ok(AnyEvent::Signal(Event::Received(Box::new(Signal {
        name: it.signal_name,
        input: payload::list_from_proto(it.input),
        header: payload::header_from_proto(it.header),
        identity: it.identity,
        request_id: it.request_id,
        from: workflow_run_from_proto(FROM, it.external_workflow_execution)?.map(Box::new),
        links: links_from_proto(links),
    }))))
}
