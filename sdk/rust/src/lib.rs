//! Write Refrain workflows and activities in Rust.
//!
//! A workflow is an ordinary `async fn`. What it does to the world goes through operations
//! ([`activity`], [`sleep`], [`child`], ...), which start when they are called and are awaited like
//! any future. Everything else in it must be deterministic: time is [`now`], chance is [`random`]
//! and [`uuid4`].
//!
//! ```ignore
//! use refrain_sdk::prelude::*;
//!
//! async fn greet(name: String) -> Result<String> {
//!     sleep(minutes(5)).await?;
//!     activity("greet").arg(&name).start_to_close(seconds(10)).call().await
//! }
//!
//! refrain_sdk::export_workflows!(|| Workflows::new().workflow("greet", greet));
//! ```

// The export macros name this crate from outside; the bindings use the same path inside.
extern crate self as refrain_sdk;

#[doc(hidden)]
pub mod bindings;

pub mod activities;
mod context;
mod failure;
mod handlers;
pub mod log;
mod operation;
mod operations;
mod payload;
mod saga;
mod scope;
mod workflows;

pub use context::{
    Info, cancellation, continue_as_new_suggested, deprecate_patch, history_length, history_size,
    info, is_replaying, last_failure, last_result, now, patched, random, random_bytes, uuid4,
};
pub use failure::{
    ContinueAsNew, Failure, FailureFrame, FailureKind, Result, TimeoutType, continue_as_new,
};
pub use handlers::{
    Published, Shared, UpdateInfo, all_handlers_finished, current_update, on_any_query,
    on_any_update, on_query, on_update, on_validated_update, published, shared,
};
pub use operation::Operation;
pub use operations::{
    Activity, Child, ChildBuilder, External, LocalActivity, ParentClose, RetryPolicy, Signals,
    activity, child, current_details, external, local_activity, or_canceled, set_current_details, signal, sleep,
    sleep_named, timeout, upsert_memo, upsert_search_attributes, SearchAttribute, SearchAttributeUpdate,
};
pub use payload::{Args, Payload, from_payloads, to_payload};
pub use saga::Saga;
pub use scope::{Scope, shielded, with_timeout};
pub use workflows::Workflows;

#[doc(hidden)]
pub use wit_bindgen;
#[doc(hidden)]
pub use workflows::{Component, Exports};

pub use futures;
pub use serde_json::Value as Json;

/// What nearly every workflow uses.
pub mod prelude {
    pub use crate::{
        Failure, Operation, Result, RetryPolicy, Saga, Workflows, activity, child, continue_as_new,
        Scope, external, log, now, with_timeout, on_query, on_update, patched, published, shared, shielded, signal,
        sleep, timeout, uuid4,
    };
    pub use crate::{days, hours, millis, minutes, seconds};
    pub use futures::{FutureExt as _, future::join_all, future::try_join_all, select_biased};
    pub use serde::{Deserialize, Serialize};
}

use std::time::Duration;

pub const fn millis(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub const fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub const fn minutes(n: u64) -> Duration {
    Duration::from_secs(n * 60)
}

pub const fn hours(n: u64) -> Duration {
    Duration::from_secs(n * 60 * 60)
}

pub const fn days(n: u64) -> Duration {
    Duration::from_secs(n * 24 * 60 * 60)
}
