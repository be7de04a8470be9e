//! Looking over a guest's shoulder, for debuggers: what it logs, also in replay, and what it asks
//! for, in the order in which it does.

use refrain_core::machines::Command;
use std::sync::Arc;

/// One thing that a guest did.
#[derive(Debug)]
pub enum Seen<'a> {
    Log { level: &'static str, line: &'a str },
    Asked(&'a Command),
}

#[derive(Clone)]
pub struct Watch {
    pub seen: Arc<dyn Fn(Seen<'_>) + Send + Sync>,
    /// The guest is stopped while it asks for this, counted from 1 over all of its life: its
    /// error then has the backtrace of that place.
    pub stop_at: Option<u64>,
}

/// A watched guest was stopped where it was to be stopped.
pub(crate) const STOPPED: &str = "stopped where it asks for this";
