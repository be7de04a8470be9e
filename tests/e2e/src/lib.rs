//! Drives the real binary: a host as a process of its own, and its command line as a client.
//!
//! What the demo shows and what the end-to-end tests assert goes through here.

pub mod host;
pub mod order;
pub mod parcel;
pub mod paths;
pub mod proxy;

pub use host::Host;
