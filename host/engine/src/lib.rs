//! Runs workflows: one arrival, one commit.
//!
//! An arrival goes to the mailbox of its execution (`cell`), waits for a worker thread (`ready`,
//! `worker`), becomes a decision, is committed with others (`committer`) and only then answered.
//! Everything in memory here may be lost at any line without losing work: the store is the truth.

mod activities;
mod admin;
pub mod api;
mod batches;
mod cell;
mod check;
pub mod clock;
mod committer;
pub mod config;
mod deleter;
mod deploy;
mod deployments;
pub mod error;
mod host_activities;
mod inner;
mod loader;
mod locals;
mod motion;
mod namespaces;
pub mod programs;
mod reads;
mod ready;
mod rows;
mod run_options;
mod schedules;
mod search;
mod standalone;
mod start;
mod sweep;
mod task_queues;
mod time_skipping;
mod timers;
mod until;
mod updates;
mod warm;
pub mod wasm;
mod watchers;
mod worker;
mod workers;

pub use api::Engine;
pub use clock::{Clock, SimClock, SkippingClock};
pub use config::EngineConfig;
pub use error::EngineError;
pub use warm::{COMMITTING_ROOMS, WAITING_ROOMS_MIN};
