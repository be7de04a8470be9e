//! Large payloads, out of a history and back in.
//!
//! A payload over a limit leaves its data behind a digest (see [`DETACHED`]), whatever event it
//! is in: the messages are walked by their descriptors. A history that has no large payload is
//! not even decoded.

use crate::DecodeError;
use crate::api::enums::v1::EventType;
use crate::json::{HISTORY, descriptor};
use prost::Message;
use prost::bytes::Bytes;
use prost_reflect::{DynamicMessage, MapKey, ReflectMessage, Value};
use refrain_core::ids::Digest;
use refrain_core::payload::DETACHED;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

const PAYLOAD: &str = "temporal.api.common.v1.Payload";
const METADATA: &str = "metadata";
const DATA: &str = "data";

/// The data of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    pub digest: Digest,
    pub data: Bytes,
}

/// A history without its large payloads, and these.
pub type Detached = (Vec<u8>, Vec<Blob>);

/// Whose payloads are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// For those who read a history.
    All,
    /// For a guest that is replayed: what it said itself is compared by its digest.
    ShownToGuest,
}

/// Takes the data of payloads above `limit` bytes out of a `temporal.api.history.v1.History`.
/// `None`: there is none.
pub fn detach(history: &[u8], limit: usize) -> Result<Option<Detached>, DecodeError> {
    if history.len() <= limit {
        return Ok(None);
    }
    let mut blobs = Vec::new();
    let mut message = decode(history)?;
    walk(&mut message, &mut |payload| {
        let Some(Value::Bytes(data)) = payload.get_field_by_name_mut(DATA) else { return };
        if data.len() <= limit {
            return;
        }
        let data = std::mem::take(data);
        let digest = Digest(Sha256::digest(&data).into());
        blobs.push(Blob { digest, data });
        if let Some(Value::Map(metadata)) = payload.get_field_by_name_mut(METADATA) {
            let digest = Bytes::copy_from_slice(&digest.0);
            metadata.insert(MapKey::String(DETACHED.to_owned()), Value::Bytes(digest));
        }
    });
    Ok((!blobs.is_empty()).then(|| (message.encode_to_vec(), blobs)))
}

/// The digests of the payloads that were taken out. A program may have written one that never
/// was: whoever looks for its data finds none.
pub fn detached(history: &[u8], wanted: Wanted) -> Result<BTreeSet<Digest>, DecodeError> {
    let mut digests = BTreeSet::new();
    if may_have_any(history) {
        let mut message = decode(history)?;
        walk_wanted(&mut message, wanted, &mut |payload| digests.extend(digest_of(payload)));
    }
    Ok(digests)
}

/// Puts data back in where `blobs` has it.
pub fn attach(
    history: &[u8],
    wanted: Wanted,
    blobs: &BTreeMap<Digest, Bytes>,
) -> Result<Vec<u8>, DecodeError> {
    let mut message = decode(history)?;
    walk_wanted(&mut message, wanted, &mut |payload| {
        let Some(data) = digest_of(payload).and_then(|digest| blobs.get(&digest)) else { return };
        if let Some(Value::Map(metadata)) = payload.get_field_by_name_mut(METADATA) {
            metadata.remove(&MapKey::String(DETACHED.to_owned()));
        }
        payload.set_field_by_name(DATA, Value::Bytes(data.clone()));
    });
    Ok(message.encode_to_vec())
}

fn may_have_any(history: &[u8]) -> bool {
    memchr::memmem::find(history, DETACHED.as_bytes()).is_some()
}

fn decode(history: &[u8]) -> Result<DynamicMessage, DecodeError> {
    DynamicMessage::decode(descriptor("history", HISTORY)?, history)
        .map_err(|cause| DecodeError::Malformed { what: "history", cause })
}

fn digest_of(payload: &mut DynamicMessage) -> Option<Digest> {
    let is_empty = payload
        .get_field_by_name(DATA)
        .is_none_or(|data| data.as_bytes().is_none_or(Bytes::is_empty));
    let metadata = payload.get_field_by_name(METADATA)?;
    let digest = metadata.as_map()?.get(&MapKey::String(DETACHED.to_owned()))?.as_bytes()?;
    let digest = digest.as_ref().try_into().ok().filter(|_| is_empty)?;
    Some(Digest(digest))
}

fn walk_wanted(
    history: &mut DynamicMessage,
    wanted: Wanted,
    visit: &mut impl FnMut(&mut DynamicMessage),
) {
    let Some(Value::List(events)) = history.get_field_by_name_mut("events") else { return };
    for event in events.iter_mut().filter_map(Value::as_message_mut) {
        let event_type = event.get_field_by_name("event_type").and_then(|it| it.as_enum_number());
        if wanted == Wanted::All || event_type.is_none_or(is_shown_to_guest) {
            walk(event, visit);
        }
    }
}

/// Is there something in the event that a guest did not say itself?
fn is_shown_to_guest(event_type: i32) -> bool {
    const OWN_WORDS: [EventType; 6] = [
        EventType::ActivityTaskScheduled,
        EventType::StartChildWorkflowExecutionInitiated,
        EventType::SignalExternalWorkflowExecutionInitiated,
        EventType::WorkflowExecutionCompleted,
        EventType::WorkflowExecutionFailed,
        EventType::WorkflowExecutionContinuedAsNew,
    ];
    !OWN_WORDS.iter().any(|it| *it as i32 == event_type)
}

/// Visits every payload inside.
fn walk(message: &mut DynamicMessage, visit: &mut impl FnMut(&mut DynamicMessage)) {
    if message.descriptor().full_name() == PAYLOAD {
        visit(message);
        return;
    }
    for (_, value) in message.fields_mut() {
        walk_value(value, visit);
    }
}

fn walk_value(value: &mut Value, visit: &mut impl FnMut(&mut DynamicMessage)) {
    match value {
        Value::Message(message) => walk(message, visit),
        Value::List(values) => values.iter_mut().for_each(|it| walk_value(it, visit)),
        Value::Map(values) => values.values_mut().for_each(|it| walk_value(it, visit)),
        Value::Bool(_)
        | Value::I32(_)
        | Value::I64(_)
        | Value::U32(_)
        | Value::U64(_)
        | Value::F32(_)
        | Value::F64(_)
        | Value::String(_)
        | Value::Bytes(_)
        | Value::EnumNumber(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event;
    use refrain_core::event::Recorded;
    use refrain_core::ids::EventId;
    use refrain_core::machines::{Event, execution, signal};
    use refrain_core::payload::Payload;
    use refrain_core::time::Timestamp;

    fn history() -> Vec<Recorded> {
        let large = || Payload::json(format!("{:?}", "x".repeat(1000)));
        let signal = signal::Signal {
            name: "go".to_owned(),
            input: vec![Payload::json("1"), large()],
            header: [("trace".to_owned(), large())].into(),
            ..signal::Signal::default()
        };
        let completed =
            execution::Event::Completed { result: vec![large()], task: EventId(4), new_run: None };
        [Event::Signal(signal::Event::Received(Box::new(signal))), Event::Execution(completed)]
            .into_iter()
            .zip(2..)
            .map(|(event, id)| Recorded { id: EventId(id), time: Timestamp(5000), event })
            .collect()
    }

    #[test]
    fn what_is_taken_out_can_be_put_back() {
        let whole = event::encode(&history());
        assert_eq!(detach(&whole, 2000).unwrap(), None);
        let (small, blobs) = detach(&whole, 100).unwrap().unwrap();
        assert!(small.len() < 1000, "{}", small.len());
        // The same data twice in the signal, and in the result.
        assert_eq!(blobs.len(), 3);
        let blobs: BTreeMap<_, _> = blobs.into_iter().map(|it| (it.digest, it.data)).collect();
        assert_eq!(blobs.len(), 1);
        assert_eq!(detached(&small, Wanted::All).unwrap(), blobs.keys().copied().collect());
        let back = attach(&small, Wanted::All, &blobs).unwrap();
        assert_eq!(event::decode(&back).unwrap(), history());
        assert!(detached(&whole, Wanted::All).unwrap().is_empty());
    }

    /// Golden bytes: what this version stores, every later one must read.
    #[test]
    fn what_was_stored_without_its_data_is_read_for_ever() {
        const STORED: [&str; 9] = [
            "0adc01080212020805181a2802d201ce010a02676f126d0a1b0a160a08656e636f64696e67120a6a",
            "736f6e2f706c61696e1201310a4e0a160a08656e636f64696e67120a6a736f6e2f706c61696e0a34",
            "0a107265667261696e2d64657461636865641220fa0831df6ae1d266cfba38a70a6774843977f9f7",
            "0bd53b12ac2d5d70eb1c540422590a570a057472616365124e0a160a08656e636f64696e67120a6a",
            "736f6e2f706c61696e0a340a107265667261696e2d64657461636865641220fa0831df6ae1d266cf",
            "ba38a70a6774843977f9f70bd53b12ac2d5d70eb1c54040a60080312020805180228033a540a500a",
            "4e0a160a08656e636f64696e67120a6a736f6e2f706c61696e0a340a107265667261696e2d646574",
            "61636865641220fa0831df6ae1d266cfba38a70a6774843977f9f70bd53b12ac2d5d70eb1c540410",
            "04",
        ];
        let (small, blobs) = detach(&event::encode(&history()), 100).unwrap().unwrap();
        let hex = STORED.concat();
        let byte = |at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
        let read: Vec<u8> = (0..hex.len()).step_by(2).map(byte).collect();
        // In which order a payload's metadata lies is nobody's promise.
        assert_eq!(small.len(), read.len());
        let blobs = blobs.into_iter().map(|it| (it.digest, it.data)).collect();
        let back = attach(&read, Wanted::All, &blobs).unwrap();
        assert_eq!(event::decode(&back).unwrap(), history());
    }

    #[test]
    fn a_guest_is_given_what_it_did_not_say_itself() {
        let (small, blobs) = detach(&event::encode(&history()), 100).unwrap().unwrap();
        let blobs = blobs.into_iter().map(|it| (it.digest, it.data)).collect();
        let shown = attach(&small, Wanted::ShownToGuest, &blobs).unwrap();
        let shown = event::decode(&shown).unwrap();
        assert_eq!(shown[0], history()[0]);
        let Event::Execution(execution::Event::Completed { result, .. }) = &shown[1].event else {
            panic!("{shown:?}");
        };
        assert!(result[0].data.is_empty());
        assert!(result[0].answers(&Payload::json(format!("{:?}", "x".repeat(1000)))));
    }

    #[test]
    fn data_that_is_not_there_stays_away() {
        let mut forged = Payload::default();
        forged.metadata.insert(DETACHED.to_owned(), vec![7; 32]);
        let signal = signal::Signal { input: vec![forged], ..signal::Signal::default() };
        let event = Event::Signal(signal::Event::Received(Box::new(signal)));
        let history = [Recorded { id: EventId(2), time: Timestamp(5000), event }];
        let bytes = event::encode(&history);
        assert_eq!(detached(&bytes, Wanted::All).unwrap().len(), 1);
        let back = attach(&bytes, Wanted::All, &BTreeMap::new()).unwrap();
        assert_eq!(event::decode(&back).unwrap(), history);
    }
}
