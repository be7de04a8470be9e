//! User data. The host never looks inside: it may be encrypted.

use std::collections::BTreeMap;

/// One value: Temporal's payload. `metadata["encoding"]` says how to read `data`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Payload {
    pub metadata: BTreeMap<String, Vec<u8>>,
    pub data: Vec<u8>,
}

/// Arguments, or a result.
pub type Payloads = Vec<Payload>;

/// Memo, search attributes and headers.
pub type PayloadMap = BTreeMap<String, Payload>;

impl Payload {
    /// `text` must be JSON; all SDKs read this encoding.
    pub fn json(text: impl Into<String>) -> Payload {
        Payload {
            metadata: BTreeMap::from([("encoding".to_owned(), b"json/plain".to_vec())]),
            data: text.into().into_bytes(),
        }
    }

    /// Bytes it takes, as the payload limit counts them.
    pub fn size(&self) -> usize {
        self.data.len()
            + self.metadata.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>()
    }
}

/// Bytes that all of them take.
pub fn size_of_all(payloads: &[Payload]) -> usize {
    payloads.iter().map(Payload::size).sum()
}

/// Bytes that a map takes, keys included.
pub fn size_of_map(map: &PayloadMap) -> usize {
    map.iter().map(|(key, payload)| key.len() + payload.size()).sum()
}
