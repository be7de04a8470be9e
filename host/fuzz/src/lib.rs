//! What others send and what was stored, as nobody would write it: every decoder gives an error or a value, soon
//! and with little memory, and what it read it can write again.
//!
//! `tests/fuzz.rs` changes bytes that are right, with a fixed seed. `cargo xtask fuzz` has libFuzzer look for more,
//! as long as it is told to. What it finds is mended with a test where it was wrong.

mod dice;
mod seeds;
mod targets;

pub use dice::{Dice, rounds};
pub use seeds::{bodies, requests};
pub use targets::{TARGETS, Target};
