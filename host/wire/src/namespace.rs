//! What the owners of a namespace note about it: names and texts that mean nothing to the host.

use crate::DecodeError;
use crate::api::namespace::v1::NamespaceInfo;
use prost::Message;
use std::collections::BTreeMap;

/// Temporal's message of a namespace, with nothing else in it.
pub fn encode_data(data: &BTreeMap<String, String>) -> Vec<u8> {
    let data = data.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    NamespaceInfo { data, ..NamespaceInfo::default() }.encode_to_vec()
}

/// Errors: these are not the bytes of such a message.
pub fn decode_data(bytes: &[u8]) -> Result<BTreeMap<String, String>, DecodeError> {
    const WHAT: &str = "the data of a namespace";
    let info = NamespaceInfo::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: WHAT, cause })?;
    Ok(info.data.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_what_was_encoded() {
        let data: BTreeMap<_, _> =
            [("team", "orders"), ("", "")].map(|(a, b)| (a.to_owned(), b.to_owned())).into();
        assert_eq!(decode_data(&encode_data(&data)), Ok(data));
        assert_eq!(decode_data(b""), Ok(BTreeMap::new()));
        assert!(decode_data(b"\xff").is_err());
    }
}
