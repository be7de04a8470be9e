//! What is read, each with bytes that are right to begin with.

use crate::seeds;
use prost::Message;
use refrain_calendar::next_cron_time;
use refrain_core::search::{Kind, Registry, parse, typed};
use refrain_core::time::Timestamp;
use refrain_wire::api::schedule::v1::{SchedulePatch, ScheduleSpec};
use refrain_wire::api::workflowservice::v1::{
    CreateScheduleRequest, StartBatchOperationRequest, StartWorkflowExecutionRequest,
};
use refrain_wire::detached::{self, Wanted};
use refrain_wire::json::call::{Call, Payloads};
use refrain_wire::{
    batch, event, import, json, namespace, options, payload, queue, run_options, schedule, stored,
    time_skipping,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::Debug;

/// A decoder, or some that take the same bytes.
pub struct Target {
    pub name: &'static str,
    /// Bytes that are right.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Panics if something is wrong.
    pub run: fn(&[u8]),
}

pub const TARGETS: [Target; 7] = [
    Target { name: "calls", seeds: seeds::calls, run: calls },
    Target { name: "requests", seeds: seeds::encoded_requests, run: requests },
    Target { name: "histories", seeds: seeds::histories, run: histories },
    Target { name: "events", seeds: seeds::events, run: events },
    Target { name: "stored", seeds: seeds::stored, run: stored },
    Target { name: "filters", seeds: seeds::filters, run: filters },
    Target { name: "calendars", seeds: seeds::calendars, run: calendars },
];

const AT: Timestamp = Timestamp(1_800_000_000_000);

/// What was read is written, and then read as it was.
fn again<T: Debug, E>(
    bytes: &[u8],
    decode: impl Fn(&[u8]) -> Result<T, E>,
    encode: impl Fn(&T) -> Vec<u8>,
) {
    let Ok(value) = decode(bytes) else { return };
    let Ok(read) = decode(&encode(&value)) else { panic!("what was written can't be read") };
    // Not by `==`: a number that is none is read as it was, too.
    assert_eq!(format!("{read:?}"), format!("{value:?}"), "it is not read as it was written");
}

/// A request of the HTTP API: its call and its body, and its bytes as an answer.
fn calls(bytes: &[u8]) {
    let Ok(Value::Object(mut line)) = serde_json::from_slice(bytes) else { return };
    let Some((service, method)) = line.get("call").and_then(|it| it.as_str()?.split_once('/'))
    else {
        return;
    };
    let Ok(call) = Call::find(service, method) else { return };
    let mut request = line.remove("request").unwrap_or_default();
    for (name, text) in line.iter().filter_map(|(name, it)| Some((name, it.as_str()?))) {
        let _ = call.put(&mut request, name, text);
    }
    if let Ok(bytes) = call.request(request) {
        for payloads in [Payloads::Short, Payloads::Whole] {
            let _ = call.answer(&bytes, payloads).map(|it| it.to_string());
        }
    }
}

/// The parts of a request that are more than texts and numbers.
fn requests(bytes: &[u8]) {
    if let Ok(it) = StartWorkflowExecutionRequest::decode(bytes) {
        let _ = it.retry_policy.map(options::retry_from_proto);
        let _ = options::priority_from_proto(it.priority);
        let _ = run_options::override_of_start_from_proto(it.versioning_override);
        let _ = time_skipping::asked(it.time_skipping_config);
        let _ = options::limit_from_proto("a limit", it.workflow_run_timeout);
        let _ = next_cron_time(&it.cron_schedule, AT, AT);
        payload::list_from_proto(it.input);
    }
    if let Ok(it) = StartBatchOperationRequest::decode(bytes) {
        let _ = batch::from_proto(it);
    }
    if let Ok(it) = CreateScheduleRequest::decode(bytes) {
        let _ = it.initial_patch.map(schedule::patch_from_proto);
        let schedule = it.schedule.unwrap_or_default();
        let _ = schedule::policies_from_proto(schedule.policies);
        let _ = schedule::standing_from_proto(schedule.state);
        schedule.spec.into_iter().for_each(spec);
    }
    if let Ok(it) = SchedulePatch::decode(bytes) {
        let _ = schedule::patch_from_proto(it);
    }
}

/// A history as a file.
fn histories(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let _ = import::history(text);
    if let Ok(events) = json::history_from_str(text) {
        let text = json::history_to_string(&events).expect("it came from JSON");
        assert!(json::history_from_str(&text).is_ok(), "it can't be read again");
    }
}

/// A history as it is stored and sent.
fn events(bytes: &[u8]) {
    again(bytes, event::decode, |it| event::encode(it));
    let _ = detached::detached(bytes, Wanted::All);
    if let Ok(Some((rest, blobs))) = detached::detach(bytes, 8) {
        let wanted = detached::detached(&rest, Wanted::All).expect("it was just written");
        let blobs: BTreeMap<_, _> = blobs.into_iter().map(|it| (it.digest, it.data)).collect();
        assert!(blobs.keys().all(|it| wanted.contains(it)), "what was taken out is not found");
        detached::attach(&rest, Wanted::All, &blobs).expect("it was just written");
    }
}

/// All other rows. The first byte says which.
fn stored(bytes: &[u8]) {
    let Some((kind, bytes)) = bytes.split_first() else { return };
    match kind {
        0 => again(bytes, stored::decode_activity_task, stored::encode_activity_task),
        1 => again(bytes, stored::decode_standalone, stored::encode_standalone),
        2 => again(bytes, stored::decode_failure, stored::encode_failure),
        3 => again(bytes, stored::decode_payload, stored::encode_payload),
        4 => again(bytes, stored::decode_payloads, |it| stored::encode_payloads(it)),
        5 => again(bytes, stored::decode_payload_map, stored::encode_payload_map),
        6 => again(bytes, stored::decode_options, stored::encode_options),
        7 => again(bytes, stored::decode_message, stored::encode_message),
        8 => again(bytes, queue::decode, queue::encode),
        9 => again(bytes, schedule::decode, schedule::encode),
        10 => again(bytes, namespace::decode_data, namespace::encode_data),
        _ => drop(batch::decode(bytes)),
    }
}

/// The `query` of a list.
fn filters(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(query) = parse(text) else { return };
    let attributes = [("Color", Kind::Keyword), ("Size", Kind::Int), ("Weight", Kind::Double)];
    let registry = Registry(attributes.map(|(name, kind)| (name.to_owned(), kind)).into());
    if let Ok(query) = typed(&query, &registry) {
        let _ = format!("{query:?}");
    }
}

/// When a schedule or a cron workflow comes next: the JSON of a spec, or else a cron string.
fn calendars(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match json::from_str("temporal.api.schedule.v1.ScheduleSpec", text) {
        Ok(it) => spec(it),
        Err(_) => {
            if let Ok(Some(next)) = next_cron_time(text, AT, AT) {
                assert!(next >= AT, "{next:?}");
            }
        }
    }
}

fn spec(it: ScheduleSpec) {
    let Ok(spec) = schedule::spec_from_proto(it) else { return };
    let Ok(compiled) = spec.compile() else { return };
    let (mut after, mut n) = (AT, 0);
    while n < 5
        && let Some(time) = compiled.next_after(after, "seed")
    {
        assert!(time.nominal > after && time.at >= time.nominal, "{time:?} after {after:?}");
        (after, n) = (time.nominal, n + 1);
    }
    let shown = schedule::spec_from_proto(schedule::spec_to_proto(compiled.spec()));
    let again = shown.expect("it was just written").compile().expect("it is compiled");
    assert_eq!(again.next_after(AT, "seed"), compiled.next_after(AT, "seed"));
}
