//! Temporal's proto3 JSON, which its tools print, import and replay.
//!
//! Made from descriptors, so every message of Temporal's API and of ours has it without a line of
//! generated code: camelCase names, enums by name, 64-bit numbers as strings, bytes in base64.

pub mod call;
pub mod schema;
mod shorthand;

use crate::api::history::v1::History;
use crate::{DecodeError, event};
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};
use refrain_core::event::Recorded;
use std::sync::LazyLock;

pub(crate) const HISTORY: &str = "temporal.api.history.v1.History";

/// All services and messages of Temporal's API and of ours: a `google.protobuf.FileDescriptorSet`.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    DescriptorPool::decode(DESCRIPTORS)
        .expect("the build script wrote these bytes from a checked descriptor set")
});

pub(crate) fn descriptor(
    what: &'static str,
    full_name: &str,
) -> Result<MessageDescriptor, DecodeError> {
    POOL.get_message_by_name(full_name).ok_or_else(|| {
        DecodeError::bad(what, full_name, "the full name of a message of Temporal's API or ours")
    })
}

fn wrong(message: &str, reason: impl std::fmt::Display) -> DecodeError {
    DecodeError::Json { what: "text", message: message.to_owned(), reason: reason.to_string() }
}

/// `full_name` must be the name of `M`, e.g. `temporal.api.history.v1.History`.
pub fn to_value<M: Message>(
    full_name: &str,
    message: &M,
) -> Result<serde_json::Value, DecodeError> {
    let dynamic = DynamicMessage::decode(
        descriptor("message", full_name)?,
        message.encode_to_vec().as_slice(),
    )
    .map_err(|cause| DecodeError::Malformed { what: "message", cause })?;
    serde_json::to_value(&dynamic).map_err(|cause| wrong(full_name, cause))
}

/// As [`to_value`], in two-space indentation.
pub fn to_string<M: Message>(full_name: &str, message: &M) -> Result<String, DecodeError> {
    let value = to_value(full_name, message)?;
    serde_json::to_string_pretty(&value).map_err(|cause| wrong(full_name, cause))
}

/// Fields that this version does not know are skipped: a newer tool may have written the text.
pub fn from_str<M: Message + Default>(full_name: &str, text: &str) -> Result<M, DecodeError> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let options = prost_reflect::DeserializeOptions::new().deny_unknown_fields(false);
    let dynamic = DynamicMessage::deserialize_with_options(
        descriptor("message", full_name)?,
        &mut reader,
        &options,
    )
    .map_err(|cause| wrong(full_name, cause))?;
    reader.end().map_err(|cause| wrong(full_name, cause))?;
    M::decode(dynamic.encode_to_vec().as_slice())
        .map_err(|cause| DecodeError::Malformed { what: "message", cause })
}

/// `{"events": [...]}`, as `temporal workflow show --output json` prints it.
pub fn history_to_string(events: &[Recorded]) -> Result<String, DecodeError> {
    to_string(HISTORY, &History { events: events.iter().map(event::to_proto).collect() })
}

pub fn history_from_str(text: &str) -> Result<Vec<Recorded>, DecodeError> {
    let history: History = from_str(HISTORY, text)?;
    history.events.into_iter().map(event::from_proto).collect()
}
