//! Histories as others export them: our own, those of Temporal's tools, those of its SDKs.
//!
//! A history that a Temporal SDK recorded is told in our terms, so that a component can replay
//! it: ids of timers and activities are counted as our host counts them, patch markers of all SDKs
//! become one kind, and what no program can see becomes a marker that may go unasked.

use crate::api::enums::v1::EventType;
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{History, HistoryEvent};
use crate::event::{self, SDK_NAME, patch_marker};
use crate::json;
use crate::{DecodeError, payload};
use refrain_core::event::Recorded;
use serde_json::Value;
use std::collections::HashMap;

/// What Go and Java call a patch.
const VERSION_MARKER: &str = "Version";

#[derive(Debug)]
pub struct Imported {
    pub events: Vec<Recorded>,
    /// The same as messages, for those that print them.
    pub shown: Vec<HistoryEvent>,
    /// A Temporal SDK recorded it, and not this host.
    pub foreign: bool,
}

/// JSON of a history, in any of the shapes in which tools write it.
pub fn history(text: &str) -> Result<Imported, DecodeError> {
    let not_json = |cause: serde_json::Error| DecodeError::Json {
        what: "text",
        message: json::HISTORY.to_owned(),
        reason: cause.to_string(),
    };
    let parsed: Value = serde_json::from_str(text).map_err(not_json)?;
    let mut events = match parsed {
        Value::Array(events) => Value::Array(events),
        Value::Object(mut it) => match (it.remove("events"), it.remove("history")) {
            (Some(events), _) => events,
            (None, Some(mut history)) => history["events"].take(),
            (None, None) => Value::Null,
        },
        _ => Value::Null,
    };
    if !events.is_array() {
        return Err(DecodeError::Missing { what: "the list `events`" });
    }
    full_enum_names("", &mut events);
    let text = serde_json::json!({ "events": events }).to_string();
    let history: History = json::from_str(json::HISTORY, &text)?;
    if history.events.is_empty() {
        return Err(DecodeError::Missing { what: "the first event" });
    }
    let shown = history.events;
    for pair in shown.windows(2) {
        let (one, next) = (pair[0].event_id, pair[1].event_id);
        if next != one.saturating_add(1) {
            return Err(DecodeError::Refused(format!(
                "event {next} follows event {one}: events are missing, or there twice"
            )));
        }
    }
    let foreign = is_foreign(&shown);
    let mut told = shown.clone();
    if foreign {
        Retelling::default().tell(&mut told);
    }
    let events = told.into_iter().map(event::from_proto).collect::<Result<_, _>>()?;
    Ok(Imported { events, shown, foreign })
}

/// Old tools wrote `TimerStarted` where protobuf's JSON has `EVENT_TYPE_TIMER_STARTED`.
fn full_enum_names(key: &str, value: &mut Value) {
    match value {
        Value::Array(all) => all.iter_mut().for_each(|it| full_enum_names(key, it)),
        Value::Object(fields) => {
            fields.iter_mut().for_each(|(key, it)| full_enum_names(key, it));
        }
        Value::String(text) => {
            let prefix = match key {
                "eventType" => "EVENT_TYPE_",
                "retryState" => "RETRY_STATE_",
                "timeoutType" => "TIMEOUT_TYPE_",
                "parentClosePolicy" => "PARENT_CLOSE_POLICY_",
                "workflowIdReusePolicy" => "WORKFLOW_ID_REUSE_POLICY_",
                "initiator" => "CONTINUE_AS_NEW_INITIATOR_",
                "kind" => "TASK_QUEUE_KIND_",
                _ => return,
            };
            let is_camel = text.bytes().any(|it| it.is_ascii_lowercase());
            if is_camel && !text.starts_with(prefix) {
                *text = format!("{prefix}{}", screaming(text));
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn screaming(camel: &str) -> String {
    let mut text = String::new();
    for c in camel.chars() {
        if c.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(c.to_ascii_uppercase());
    }
    text
}

fn is_foreign(events: &[HistoryEvent]) -> bool {
    let mut sdks = events.iter().filter_map(|it| match &it.attributes {
        Some(Attributes::WorkflowTaskCompletedEventAttributes(it)) => {
            Some(it.sdk_metadata.as_ref().map_or("", |it| it.sdk_name.as_str()))
        }
        _ => None,
    });
    // The SDK names itself in its first task only.
    sdks.next().is_some_and(|first| first != SDK_NAME)
}

/// From an SDK's terms to ours.
#[derive(Default)]
struct Retelling {
    /// Operations so far, as our host counts them.
    n_ops: u64,
    /// By the event that started it.
    timers: HashMap<i64, String>,
    last_task: i64,
}

impl Retelling {
    fn tell(&mut self, events: &mut [HistoryEvent]) {
        for event in events {
            if event.event_type() == EventType::WorkflowTaskCompleted {
                self.last_task = event.event_id;
            }
            self.tell_one(event);
        }
    }

    fn next_op(&mut self) -> String {
        self.n_ops += 1;
        self.n_ops.to_string()
    }

    fn tell_one(&mut self, event: &mut HistoryEvent) {
        use Attributes as A;
        let id = event.event_id;
        let ignorable = event.worker_may_ignore;
        let replaced = match &mut event.attributes {
            Some(A::ActivityTaskScheduledEventAttributes(it)) => {
                let op = self.next_op();
                if is_given_by_sdk(&it.activity_id) {
                    it.activity_id = op;
                }
                it.input.iter_mut().flat_map(|it| &mut it.payloads).for_each(canonical);
                None
            }
            Some(A::TimerStartedEventAttributes(it)) => {
                it.timer_id = self.next_op();
                self.timers.insert(id, it.timer_id.clone());
                None
            }
            Some(A::TimerFiredEventAttributes(it)) => {
                it.timer_id = self.timers.remove(&it.started_event_id).unwrap_or_default();
                None
            }
            Some(A::TimerCanceledEventAttributes(it)) => {
                it.timer_id = self.timers.remove(&it.started_event_id).unwrap_or_default();
                None
            }
            Some(A::StartChildWorkflowExecutionInitiatedEventAttributes(it)) => {
                self.n_ops += 1;
                it.input.iter_mut().flat_map(|it| &mut it.payloads).for_each(canonical);
                None
            }
            Some(A::SignalExternalWorkflowExecutionInitiatedEventAttributes(it)) => {
                self.n_ops += 1;
                it.input.iter_mut().flat_map(|it| &mut it.payloads).for_each(canonical);
                None
            }
            Some(A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(it)) => {
                // A child is canceled as the operation that it is.
                self.n_ops += u64::from(!it.child_workflow_only);
                None
            }
            Some(A::MarkerRecordedEventAttributes(it)) if it.marker_name == VERSION_MARKER => {
                let detail = |key: &str| {
                    let payload = it.details.get(key)?.payloads.first()?;
                    serde_json::from_slice::<Value>(&payload.data).ok()
                };
                let change = detail("change-id").or_else(|| detail("changeId"));
                let change = change.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned();
                Some(patch_marker(&change, false, it.workflow_task_completed_event_id))
            }
            _ if ignorable => Some(patch_marker("ignored", true, self.last_task)),
            _ => None,
        };
        if let Some(marker) = replaced {
            event.event_type = EventType::MarkerRecorded as i32;
            event.attributes = Some(marker);
        }
    }
}

/// SDKs count, or take a random UUID. Whoever chooses an id himself chooses a word.
fn is_given_by_sdk(activity_id: &str) -> bool {
    let is_number = activity_id.bytes().all(|it| it.is_ascii_digit());
    let is_uuid = activity_id.len() == 36
        && activity_id.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
    is_number || is_uuid
}

/// JSON with its keys in order and no space: SDKs differ in both.
fn canonical(it: &mut crate::api::common::v1::Payload) {
    *it = payload::to_proto(&canonical_payload(payload::from_proto(std::mem::take(it))));
}

/// The same, as core has it. For what is compared with a history from elsewhere.
pub fn canonical_payload(mut it: refrain_core::payload::Payload) -> refrain_core::payload::Payload {
    let is_json = it.metadata.get("encoding").is_some_and(|it| it.as_slice() == b"json/plain");
    if is_json && let Ok(value) = serde_json::from_slice::<Value>(&it.data) {
        it.data = value.to_string().into_bytes();
        // The Java SDK adds a type, for instance.
        it.metadata.retain(|key, _| key == "encoding");
    }
    it
}

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    #[test]
    fn a_history_with_a_gap_is_none() {
        let of = |ids: [i64; 3]| {
            let events = ids.map(|id| format!(r#"{{"eventId": "{id}"}}"#)).join(",");
            history(&format!("[{events}]")).map(drop).map_err(|it| it.to_string())
        };
        let words = "event 4 follows event 2: events are missing, or there twice";
        assert_eq!(of([1, 2, 4]), Err(words.to_owned()));
        let words = "event 1 follows event 1: events are missing, or there twice";
        assert_eq!(of([1, 1, 2]), Err(words.to_owned()));
        assert!(of([1, i64::MAX, i64::MIN]).is_err());
    }

    fn shown(text: &str) -> String {
        let imported = history(text).expect("a history");
        let lines: Vec<_> =
            imported.events.iter().map(|it| format!("{} {}", it.id, it.event)).collect();
        format!("foreign: {}\n{}", imported.foreign, lines.join("\n"))
    }

    /// Ids as the Python SDK gives them (each kind counted alone), a marker of the Go SDK, an event
    /// that workers may ignore, enums as old tools wrote them.
    const FOREIGN: &str = r#"{"history": {"events": [
        {"eventId": "1", "eventTime": "2026-01-01T00:00:00Z", "eventType": "WorkflowExecutionStarted",
         "workflowExecutionStartedEventAttributes": {"workflowType": {"name": "order"},
            "taskQueue": {"name": "q", "kind": "Normal"}}},
        {"eventId": "2", "eventTime": "2026-01-01T00:00:00Z", "eventType": "WorkflowTaskScheduled",
         "workflowTaskScheduledEventAttributes": {"attempt": 1}},
        {"eventId": "3", "eventTime": "2026-01-01T00:00:00Z", "eventType": "WorkflowTaskStarted",
         "workflowTaskStartedEventAttributes": {"scheduledEventId": "2"}},
        {"eventId": "4", "eventTime": "2026-01-01T00:00:00Z", "eventType": "WorkflowTaskCompleted",
         "workflowTaskCompletedEventAttributes": {"scheduledEventId": "2", "startedEventId": "3",
            "sdkMetadata": {"sdkName": "temporal-go"}}},
        {"eventId": "5", "eventTime": "2026-01-01T00:00:00Z", "eventType": "MarkerRecorded",
         "markerRecordedEventAttributes": {"markerName": "Version", "workflowTaskCompletedEventId": "4",
            "details": {"change-id": {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "ImZhc3Qi"}]}}}},
        {"eventId": "6", "eventTime": "2026-01-01T00:00:00Z", "eventType": "UpsertWorkflowSearchAttributes",
         "upsertWorkflowSearchAttributesEventAttributes": {"workflowTaskCompletedEventId": "4",
            "searchAttributes": {"indexedFields": {"TemporalChangeVersion": {}}}}},
        {"eventId": "7", "eventTime": "2026-01-01T00:00:00Z", "eventType": "TimerStarted",
         "timerStartedEventAttributes": {"timerId": "1", "startToFireTimeout": "5s", "workflowTaskCompletedEventId": "4"}},
        {"eventId": "8", "eventTime": "2026-01-01T00:00:00Z", "eventType": "ActivityTaskScheduled",
         "activityTaskScheduledEventAttributes": {"activityId": "1", "activityType": {"name": "charge"},
            "workflowTaskCompletedEventId": "4",
            "input": {"payloads": [{"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "eyJiIjogMSwgImEiOiAyfQ=="}]}}},
        {"eventId": "9", "eventTime": "2026-01-01T00:00:00Z", "eventType": "ActivityTaskScheduled",
         "activityTaskScheduledEventAttributes": {"activityId": "mine", "activityType": {"name": "refund"},
            "workflowTaskCompletedEventId": "4"}},
        {"eventId": "10", "eventTime": "2026-01-01T00:00:05Z", "eventType": "TimerFired",
         "timerFiredEventAttributes": {"timerId": "1", "startedEventId": "7"}},
        {"eventId": "11", "eventTime": "2026-01-01T00:00:05Z", "eventType": "WorkflowExecutionOptionsUpdated",
         "workerMayIgnore": true, "workflowExecutionOptionsUpdatedEventAttributes": {}}
    ]}}"#;

    #[test]
    fn what_a_temporal_sdk_recorded_is_told_as_our_host_counts_it() {
        expect![[r#"
            foreign: true
            1 execution started order
            2 task scheduled
            3 task started
            4 task completed
            5 patch fast recorded
            6 search attributes TemporalChangeVersion upserted
            7 timer 1 started 5s
            8 activity charge (2) scheduled
            9 activity refund (mine) scheduled
            10 timer 1 fired
            11 patch ignored recorded"#]]
        .assert_eq(&shown(FOREIGN));
    }

    #[test]
    fn arguments_are_compared_whatever_the_order_of_their_keys() {
        use refrain_core::machines::{Event, activity};
        let events = history(FOREIGN).expect("a history").events;
        let Event::Activity(activity::Event::Scheduled(scheduled)) = &events[7].event else {
            panic!("not an activity");
        };
        assert_eq!(scheduled.input[0].data, br#"{"a":2,"b":1}"#);
    }

    #[test]
    fn our_own_history_is_taken_as_it_is() {
        let ours = FOREIGN.replace("temporal-go", SDK_NAME).replace("\"Version\"", "\"Other\"");
        let error = history(&ours).expect_err("a marker of nobody's");
        assert_eq!(
            error.to_string(),
            "event 5 is of type `EVENT_TYPE_MARKER_RECORDED `Other``, which this host does not know"
        );
    }
}
