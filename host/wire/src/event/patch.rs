//! Patches: the marker that Temporal's SDKs write, so that their tools know it.

use super::execution::task_of;
use crate::api::common::v1::Payloads;
use crate::api::history::v1::MarkerRecordedEventAttributes;
use crate::api::history::v1::history_event::Attributes;
use crate::options::event_id_to_proto;
use crate::{DecodeError, payload};
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::patch::Event;
use refrain_core::payload::Payload;
use std::collections::HashMap;
use temporalio_protos::PATCHED_MARKER_DETAILS_KEY;

pub(super) const MARKER: &str = temporalio_protos::constants::PATCH_MARKER_NAME;

/// In the order of sdk-core's `PatchedMarkerData`.
#[derive(serde::Serialize, serde::Deserialize)]
struct PatchData {
    id: String,
    #[serde(default)]
    deprecated: bool,
}

pub(super) fn to_proto(event: &Event) -> Attributes {
    let Event::Recorded { patch, deprecated, task } = event;
    marker(patch, *deprecated, event_id_to_proto(*task))
}

pub(crate) fn marker(patch: &str, deprecated: bool, task: i64) -> Attributes {
    let data = PatchData { id: patch.to_owned(), deprecated };
    // A string and a bool always are JSON.
    let json = serde_json::to_string(&data).unwrap_or_default();
    let data = Payloads { payloads: vec![payload::to_proto(&Payload::json(json))] };
    Attributes::MarkerRecordedEventAttributes(MarkerRecordedEventAttributes {
        marker_name: MARKER.to_owned(),
        details: HashMap::from([(PATCHED_MARKER_DETAILS_KEY.to_owned(), data)]),
        workflow_task_completed_event_id: task,
        ..Default::default()
    })
}

pub(super) fn recorded(mut it: MarkerRecordedEventAttributes) -> Result<AnyEvent, DecodeError> {
    let data = it.details.remove(PATCHED_MARKER_DETAILS_KEY).unwrap_or_default();
    let data = data.payloads.first().ok_or(DecodeError::Missing { what: "patch marker's data" })?;
    let data: PatchData =
        serde_json::from_slice(&data.data).map_err(|cause| DecodeError::Json {
            what: "patch marker's data",
            message: "PatchedMarkerData".to_owned(),
            reason: cause.to_string(),
        })?;
    Ok(AnyEvent::Patch(Event::Recorded {
        patch: data.id,
        deprecated: data.deprecated,
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}
