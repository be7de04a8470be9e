//! A project becomes a component: what `refrain build` and `cargo xtask guests` have in common.
//!
//! A file for each language knows its toolchain, what is missing of it, and how to get that.

pub mod c;
mod carried;
mod create;
mod encode;
mod errors;
pub mod go;
mod names;
mod project;
pub mod python;
pub mod rust;
mod tool;
pub mod typescript;

pub use create::{SDK_FOLDER, create, write_sdk};
pub use errors::BuildError;
pub use project::{Component, Language, Options, Project};
