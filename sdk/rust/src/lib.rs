//! Write Refrain workflows and activities in Rust.
//!
//! A workflow is an ordinary `async fn`. What it does to the world goes through operations (stubs of
//! activities, [`sleep`], [`signal`], [`child`], ...), which start when they are called and are awaited like
//! any future. Everything else in it must be deterministic: time is [`now`], chance is [`random`]
//! and [`uuid4`].
//!
//! ```
//! use refrain_sdk::prelude::*;
//!
//! refrain_sdk::export_workflows!(greet);
//!
//! #[activities]
//! trait Greeter {
//!     async fn compose(name: &str) -> Result<String>;
//! }
//!
//! /// Greets someone, five minutes later.
//! #[workflow]
//! async fn greet(name: String) -> Result<String> {
//!     let greeter = GreeterStub::new(remote().start_to_close(seconds(10)));
//!     sleep(minutes(5)).await?;
//!     greeter.compose(&name).await
//! }
//! ```
//!
//! What others may do with a workflow while it runs are methods of its state:
//!
//! ```
//! use refrain_sdk::prelude::*;
//!
//! refrain_sdk::export_workflows!(Account);
//!
//! #[derive(Default)]
//! struct Account {
//!     balance: u64,
//!     closed: bool,
//! }
//!
//! #[workflow]
//! impl Account {
//!     #[run]
//!     async fn run(state: Shared<Self>) -> Result<u64> {
//!         state.wait_until(|it| it.closed).await?;
//!         Ok(state.borrow().balance)
//!     }
//!
//!     #[signal]
//!     fn close(&mut self) {
//!         self.closed = true;
//!     }
//!
//!     #[query]
//!     fn balance(&self) -> u64 {
//!         self.balance
//!     }
//!
//!     #[update]
//!     fn deposit(&mut self, amount: u64) -> u64 {
//!         self.balance += amount;
//!         self.balance
//!     }
//!
//!     #[validator(deposit)]
//!     fn check(&self, amount: &u64) -> Result {
//!         match amount {
//!             0 => Err(Failure::new("NothingToDeposit", "amount is 0, expected more")),
//!             _ => Ok(()),
//!         }
//!     }
//! }
//! ```

// The export macros name this crate from outside; the bindings use the same path inside.
extern crate self as refrain_sdk;

#[doc(hidden)]
pub mod bindings;

pub mod activities;
mod arrival;
mod by_name;
mod context;
#[doc(hidden)]
pub mod exports;
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
    Activity, Child, ChildBuilder, ChildCancellation, External, LocalActivity, ParentClose,
    RetryPolicy, SearchAttribute, SearchAttributeUpdate, Signals, Step, activity, child,
    current_details, external, local, local_activity, or_canceled, remote, set_current_details,
    signal, sleep, sleep_named, timeout, upsert_memo, upsert_search_attributes,
};
pub use payload::{Args, Payload, from_payloads, to_payload};
pub use saga::Saga;
pub use scope::{Scope, shielded, with_timeout};
pub use workflows::Workflow;

#[doc(hidden)]
pub use handlers::on_encoded_query;
#[doc(hidden)]
pub use operations::SignalMethods;
#[doc(hidden)]
pub use serde::Serialize;
#[doc(hidden)]
pub use wit_bindgen;
#[doc(hidden)]
pub use workflows::{Component, Exports, Returned, Workflows};

pub use futures;
pub use refrain_sdk_macros::{activities, workflow};
pub use serde_json::Value as Json;

/// What nearly every workflow uses.
pub mod prelude {
    pub use crate::{
        Failure, Operation, Result, RetryPolicy, Saga, Scope, Shared, activities, activity, child,
        continue_as_new, external, local, log, now, on_query, on_update, patched, published,
        remote, shared, shielded, signal, sleep, timeout, uuid4, with_timeout, workflow,
    };
    pub use crate::{days, hours, millis, minutes, seconds};
    pub use futures::future::{join_all, try_join_all};
    pub use futures::{FutureExt as _, StreamExt as _, join, select_biased, try_join};
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
