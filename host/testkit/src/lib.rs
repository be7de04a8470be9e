//! Scripts: a workflow's life as text, played against core and against the engine.
//!
//! A test is data: what arrives when, what the guest's program does in each of its turns, and
//! the history that must come of it. [`check`] plays it, and plays it again in harder ways.

pub mod check;
mod facts;
mod locals;
pub mod model;
pub mod print;
pub mod program;
pub mod random;
pub mod script;
mod search;
#[cfg(feature = "engine")]
pub mod sim;
mod skipping;
mod tune;
mod versions;
mod words;

pub use check::check_core;
#[cfg(feature = "engine")]
pub use check::{check, check_agreement};
pub use facts::{facts, lone_step};
pub use search::ScriptJudge;
