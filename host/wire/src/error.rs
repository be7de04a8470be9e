/// Bytes that are not what they should be. Stored ones: ours to mend. Received ones: the sender's.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DecodeError {
    /// Not protobuf, or not this message.
    #[error("{what} can't be read")]
    Malformed {
        what: &'static str,
        #[source]
        cause: prost::DecodeError,
    },
    /// An event of a type that this version of the host does not know.
    #[error("event {id} is of type `{name}`, which this host does not know")]
    UnknownEvent { id: i64, name: String },
    #[error("{what} is missing")]
    Missing { what: &'static str },
    #[error("{what} is `{found}`, expected {expected}")]
    BadValue { what: &'static str, found: String, expected: &'static str },
    /// Written by a later version of the host.
    #[error("{what} has version {found}, expected {expected}")]
    UnknownVersion { what: &'static str, found: u32, expected: u32 },
    /// In Temporal's words.
    #[error("{0}")]
    Refused(String),
    #[error("{what} is not JSON of `{message}`: {reason}")]
    Json { what: &'static str, message: String, reason: String },
}

impl DecodeError {
    pub(crate) fn bad(
        what: &'static str,
        found: impl std::fmt::Display,
        expected: &'static str,
    ) -> DecodeError {
        DecodeError::BadValue { what, found: found.to_string(), expected }
    }
}
