//! Local activities: the marker that Temporal's SDKs write, so that their tools know it.

use super::Line;
use super::execution::task_of;
use crate::api::common::v1::Payloads;
use crate::api::history::v1::MarkerRecordedEventAttributes;
use crate::api::history::v1::history_event::Attributes;
use crate::api::sdk::v1::UserMetadata;
use crate::options::{event_id_to_proto, user_metadata_from_proto, user_metadata_to_proto};
use crate::{DecodeError, failure, payload};
use refrain_core::ids::OpSeq;
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::local::{Closed, Event, Recorded};
use refrain_core::payload::Payload;
use refrain_core::time::{Delay, Timestamp};
use std::collections::HashMap;

/// As sdk-core names it: the web page and the command line know it by this.
pub(super) const MARKER: &str = temporalio_protos::constants::LOCAL_ACTIVITY_MARKER_NAME;
const DATA: &str = "data";
const RESULT: &str = "result";

/// In the order of sdk-core's `LocalActivityMarkerData`.
#[derive(serde::Serialize, serde::Deserialize)]
struct LocalData {
    seq: u32,
    attempt: u32,
    activity_id: String,
    activity_type: String,
    complete_time: Option<Span>,
    backoff: Option<Span>,
    original_schedule_time: Option<Span>,
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Span {
    seconds: i64,
    nanos: i32,
}

impl Span {
    fn of(ms: u64) -> Span {
        Span { seconds: (ms / 1000) as i64, nanos: (ms % 1000) as i32 * 1_000_000 }
    }

    fn ms(&self) -> u64 {
        let seconds = u64::try_from(self.seconds).unwrap_or_default();
        seconds
            .saturating_mul(1000)
            .saturating_add(u64::from(self.nanos.unsigned_abs() / 1_000_000))
    }
}

/// `time`: of the event.
pub(super) fn to_proto(event: &Event, time: Timestamp) -> Line {
    let Event::Recorded(it) = event;
    let data = LocalData {
        seq: it.closed.op.0,
        attempt: it.closed.attempt,
        activity_id: it.activity_id.clone(),
        activity_type: it.activity_type.clone(),
        complete_time: Some(Span::of(time.0)),
        backoff: it.closed.backoff.map(|it| Span::of(it.0)),
        original_schedule_time: Some(Span::of(it.scheduled_at.0)),
    };
    // Texts and numbers always are JSON.
    let json = serde_json::to_string(&data).unwrap_or_default();
    let data = Payloads { payloads: vec![payload::to_proto(&Payload::json(json))] };
    let mut details = HashMap::from([(DATA.to_owned(), data)]);
    let mut failed = None;
    match &it.closed.result {
        Ok(result) => {
            details.insert(RESULT.to_owned(), payload::list_to_proto(result).unwrap_or_default());
        }
        Err(failure) => failed = Some(failure::to_proto(failure)),
    }
    Line::of(Attributes::MarkerRecordedEventAttributes(MarkerRecordedEventAttributes {
        marker_name: MARKER.to_owned(),
        details,
        workflow_task_completed_event_id: event_id_to_proto(it.task),
        failure: failed,
        ..Default::default()
    }))
    .with_metadata(user_metadata_to_proto(it.summary.as_ref(), None))
}

pub(super) fn recorded(
    mut it: MarkerRecordedEventAttributes,
    metadata: Option<UserMetadata>,
) -> Result<AnyEvent, DecodeError> {
    let data = it.details.remove(DATA).unwrap_or_default();
    let data = data
        .payloads
        .first()
        .ok_or(DecodeError::Missing { what: "local activity marker's data" })?;
    let data: LocalData =
        serde_json::from_slice(&data.data).map_err(|cause| DecodeError::Json {
            what: "local activity marker's data",
            message: "LocalActivityMarkerData".to_owned(),
            reason: cause.to_string(),
        })?;
    let result = match it.failure {
        Some(failure) => Err(failure::from_proto(failure)?),
        None => Ok(payload::list_from_proto(it.details.remove(RESULT))),
    };
    let closed = Closed {
        op: OpSeq(data.seq),
        attempt: data.attempt,
        backoff: data.backoff.map(|it| Delay(it.ms())),
        result,
    };
    let scheduled_at = data.original_schedule_time.map_or(0, |it| it.ms());
    Ok(AnyEvent::Local(Event::Recorded(Box::new(Recorded {
        activity_id: data.activity_id,
        activity_type: data.activity_type,
        scheduled_at: Timestamp(scheduled_at),
        closed,
        summary: user_metadata_from_proto(metadata).0,
        task: task_of(it.workflow_task_completed_event_id)?,
    }))))
}
