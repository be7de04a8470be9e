//! Values to bytes and back: JSON, as `wit/README.md` says.

use std::any::{TypeId, type_name};
use std::borrow::Cow;

use serde::{Serialize, de::DeserializeOwned};

use crate::Failure;
use crate::bindings::types;

/// One encoded value.
pub type Payload = types::Payload;

/// Encodes a value as `json/plain`, or as `binary/null` if it has no content.
pub fn to_payload<T: Serialize + ?Sized>(value: &T) -> Payload {
    encoded(serde_json::to_vec(value), type_name::<T>())
}

fn encoded(data: serde_json::Result<Vec<u8>>, type_name: &str) -> Payload {
    match data {
        Ok(null) if null == b"null" => payload("binary/null", Vec::new()),
        Ok(data) => payload("json/plain", data),
        Err(why) => panic!(
            "a value of type {type_name} can't be written as JSON, {why}: give what has a JSON form, as a list of \
             pairs for a map whose keys are no strings"
        ),
    }
}

/// Decodes the first of `payloads`; none at all reads as null. Whoever asks for `()` takes anything.
pub fn from_payloads<T: DeserializeOwned + 'static>(payloads: &[Payload]) -> Result<T, Failure> {
    match payloads.first() {
        Some(payload) if TypeId::of::<T>() != TypeId::of::<()>() => from_payload(payload),
        Some(_) | None => from_json(b"null"),
    }
}

pub(crate) fn from_payload<T: DeserializeOwned>(payload: &Payload) -> Result<T, Failure> {
    from_json(&json_of(payload)?)
}

fn json_of(payload: &Payload) -> Result<Cow<'_, [u8]>, Failure> {
    Ok(match encoding(payload) {
        "binary/null" => Cow::Borrowed(b"null"),
        // JSON has no bytes: text if it is text, else a list of numbers.
        "binary/plain" => Cow::Owned(
            match std::str::from_utf8(&payload.data) {
                Ok(text) => serde_json::to_vec(text),
                Err(_) => serde_json::to_vec(&payload.data),
            }
            .map_err(undecodable)?,
        ),
        "json/plain" | "json/protobuf" => Cow::Borrowed(&payload.data),
        other => return Err(undecodable(format!("unknown encoding `{other}`"))),
    })
}

fn from_json<T: DeserializeOwned>(data: &[u8]) -> Result<T, Failure> {
    serde_json::from_slice(data).map_err(undecodable)
}

fn undecodable(why: impl std::fmt::Display) -> Failure {
    Failure::new("PayloadDecodingError", format!("cannot decode a payload: {why}")).non_retryable()
}

fn encoding(payload: &Payload) -> &str {
    payload
        .metadata
        .iter()
        .find(|(name, _)| name == "encoding")
        .and_then(|(_, value)| std::str::from_utf8(value).ok())
        .unwrap_or("binary/plain")
}

fn payload(encoding: &str, data: Vec<u8>) -> Payload {
    Payload { metadata: vec![("encoding".to_owned(), encoding.as_bytes().to_vec())], data }
}

/// The arguments of a workflow, activity, query or update: a tuple.
pub trait Args: Sized + 'static {
    fn decode(payloads: &[Payload]) -> Result<Self, Failure>;
}

macro_rules! args {
    ($($name:ident $index:tt),*) => {
        impl<$($name: DeserializeOwned + 'static),*> Args for ($($name,)*) {
            fn decode(_payloads: &[Payload]) -> Result<Self, Failure> {
                Ok(($(from_payloads::<$name>(_payloads.get($index..).unwrap_or_default())?,)*))
            }
        }
    };
}
args!();
args!(A 0);
args!(A 0, B 1);
args!(A 0, B 1, C 2);
args!(A 0, B 1, C 2, D 3);
args!(A 0, B 1, C 2, D 3, E 4);
args!(A 0, B 1, C 2, D 3, E 4, F 5);
