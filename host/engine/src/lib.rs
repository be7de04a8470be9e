//! Runs workflows: one arrival, one commit.
//!
//! An arrival goes to the mailbox of its execution (`cell`), waits for a worker thread (`ready`,
//! `worker`), becomes a decision, is committed with others (`committer`) and only then answered.
//! Everything in memory here may be lost at any line without losing work: the store is the truth.

pub mod api;
pub mod error;
pub mod clock;
pub mod config;
pub mod programs;
mod cell;
mod ready;
mod worker;
mod loader;
mod committer;
mod timers;
mod activities;
mod host_activities;
mod deployments;
mod namespaces;
mod watchers;
mod warm;
mod inner;

pub use api::Engine;
pub use clock::{Clock, SimClock};
pub use config::EngineConfig;
pub use error::EngineError;
