//! User data. The host never looks inside: it may be encrypted.

use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// Metadata of a payload whose data is not with it: 32 bytes, the SHA-256 of the data. Histories
/// have such payloads in place of large ones.
pub const DETACHED: &str = "refrain-detached";

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

    /// Is `self`, as recorded, what `asked` is? The data of the recorded one may be detached.
    pub fn answers(&self, asked: &Payload) -> bool {
        if self == asked {
            return true;
        }
        let Some(digest) = self.metadata.get(DETACHED) else { return false };
        self.data.is_empty()
            && digest.as_slice() == Sha256::digest(&asked.data).as_slice()
            && self.metadata.iter().filter(|(key, _)| *key != DETACHED).eq(asked.metadata.iter())
    }

    /// Says "no value": SDKs have `binary/null` for it, and JSON has `null`.
    pub fn is_null(&self) -> bool {
        let encoding = self.metadata.get("encoding").map(Vec::as_slice);
        match encoding {
            Some(b"binary/null") => true,
            Some(b"json/plain") => self.data == b"null",
            Some(_) | None => false,
        }
    }

    /// Bytes it takes, as the payload limit counts them.
    pub fn size(&self) -> usize {
        self.data.len()
            + self.metadata.iter().map(|(key, value)| key.len() + value.len()).sum::<usize>()
    }
}

/// Are they, as recorded, what `asked` are? See [`Payload::answers`].
pub fn all_answer(recorded: &[Payload], asked: &[Payload]) -> bool {
    recorded.len() == asked.len()
        && recorded.iter().zip(asked).all(|(recorded, asked)| recorded.answers(asked))
}

/// Bytes that all of them take.
pub fn size_of_all(payloads: &[Payload]) -> usize {
    payloads.iter().map(Payload::size).sum()
}

/// Bytes that a map takes, keys included.
pub fn size_of_map(map: &PayloadMap) -> usize {
    map.iter().map(|(key, payload)| key.len() + payload.size()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payload_answers_by_the_digest_of_its_data_where_that_is_detached() {
        let whole = Payload::json("[1,2,3]");
        let mut detached = Payload { data: Vec::new(), ..whole.clone() };
        let digest = Sha256::digest(&whole.data).to_vec();
        detached.metadata.insert(DETACHED.to_owned(), digest);
        assert!(whole.answers(&whole));
        assert!(detached.answers(&whole));
        assert!(!detached.answers(&Payload::json("[1,2,4]")));
        let mut other_encoding = whole.clone();
        other_encoding.metadata.insert("encoding".to_owned(), b"binary/plain".to_vec());
        assert!(!detached.answers(&other_encoding));
        // A guest may call its own metadata so, and then it is what it is.
        assert!(detached.answers(&detached));
        assert!(!whole.answers(&detached));
    }
}
