//! Components of real toolchains on a real engine. Guests are built by `cargo xtask guests`.

mod activities;
mod containment;
mod driving;
mod handmade;
mod stage;
mod validation;
mod wasi;
