//! Guests: workflow components run deterministically, and activity components run for real.
//!
//! Read in this order: how components are checked and kept (`engine`, `component`, `compile`, `cache`), what
//! a workflow sees (`run`, `imports`, `wasi`), how it is driven (`instance`), and the activities.

mod activities;
mod bindings;
mod cache;
mod compile;
mod component;
mod cpu_time;
mod engine;
mod errors;
mod imports;
mod instance;
mod limits;
mod numbers;
mod program;
mod run;
mod runtime;
mod signals;
mod typed;
mod wasi;
mod watch;

pub use activities::{
    ActivityInfo, ActivityProgram, EgressList, EgressPatternError, Heartbeats, WorkflowOfActivity,
};
pub use compile::{Compiler, as_compiler};
pub use component::{ComponentInfo, ComponentKind, Definition, Named, digest_of};
pub use engine::{ROOMS_PER_GUEST_MAX, RuntimeConfig};
pub use errors::{ComponentError, RuntimeError};
pub use program::WorkflowProgram;
pub use runtime::{Reserved, Runtime};
pub use watch::{Seen, Watch};
