//! The rules of a durable workflow, and nothing else.
//!
//! No I/O, no clock, no randomness, no async: values go in, values come out. If something here
//! fails, the input was wrong. Read in this order: the vocabulary (`ids` to `failure`), what is
//! wished and what happened (`machines`), what a guest is (`guest`), how a run is played (`run`),
//! and what one step asks of the store (`decision`).

pub mod admit;
pub mod arrival;
pub mod attempt;
pub mod batch;
pub mod chain;
pub mod decision;
pub mod deployment;
pub mod errors;
pub mod event;
pub mod execution;
pub mod failure;
pub mod fairness;
pub mod guest;
pub mod ids;
pub mod limits;
pub mod machines;
pub mod message;
pub mod options;
pub mod payload;
pub mod queue;
pub mod reset;
pub mod run;
pub mod search;
pub mod spread;
pub mod standalone;
pub mod time;
pub mod updates;
pub mod waits;
