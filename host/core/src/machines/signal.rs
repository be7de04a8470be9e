//! Signals: recorded in the order of arrival, handed to the guest in that order, once.
//!
//! There is no state but the set of request ids, which makes a repeated request harmless.

use super::execution::WorkflowRun;
use crate::payload::{PayloadMap, Payloads};

#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    Received(Box<Signal>),
}

#[derive(Clone, Debug, PartialEq, Default)]
pub struct Signal {
    pub name: String,
    pub input: Payloads,
    pub header: PayloadMap,
    pub identity: String,
    /// Empty if the sender gave none: then every request counts.
    pub request_id: String,
    /// The run that sent it, if a run did.
    pub from: Option<Box<WorkflowRun>>,
    /// What else the sender says that it belongs to, as in a start.
    pub links: Vec<Vec<u8>>,
}
