//! Encodings, and nothing else: core's values to and from Temporal's protobuf messages and JSON.
//!
//! What is stored is what is sent: bytes of `temporal.api.history.v1`. So a history read over the
//! API is a copy of its rows, and this crate is the only one that knows how an event looks there.
//! No I/O and no rule of the domain is here; a value that core can't have is a [`DecodeError`].

pub mod options;
pub mod payload;

pub mod failure;

pub mod search;

pub mod raw;

pub mod reset;
pub mod run_options;

pub mod update;

pub mod namespace;

pub mod activity_options;
pub mod batch;

pub mod event;

pub mod schedule;

pub mod queue;

pub mod stored;
pub mod time_skipping;

pub mod detached;

pub mod json;

pub mod import;

/// In the data of a namespace, for which Temporal's messages have no field: payloads of more bytes
/// are kept beside the histories.
pub const DETACH_ABOVE_SETTING: &str = "refrain.detach-above";

mod error;

pub use error::DecodeError;
/// `google.protobuf.Duration` and `Timestamp` as Temporal's messages have them.
pub use prost_wkt_types as wkt;
/// Temporal's messages, as `temporalio-protos` made them.
pub use temporalio_protos::temporal::api;

/// `refrain.v1`: the service for what Temporal has no words for.
#[allow(unreachable_pub, clippy::unwrap_used)]
pub mod admin {
    tonic::include_proto!("refrain.v1");
}
