//! Components of real toolchains on a real engine. Guests are built by `cargo xtask guests`.

// Clippy sees tests in functions that are marked so; the helpers beside them are tests too.
#![allow(clippy::unwrap_used, clippy::result_large_err)]

mod activities;
mod composed;
mod containment;
mod driving;
mod handmade;
mod leaks;
mod limits;
mod sandbox;
mod stage;
mod validation;
mod wasi;
mod wasi_table;
