//! Other runs.

use serde::Serialize;

use crate::Operation;
use crate::bindings::{external as wire, types};
use crate::operation::Started;
use crate::payload::to_payload;

/// The open run of a workflow id.
pub fn external(workflow_id: impl Into<String>) -> External {
    External(types::Execution { workflow_id: workflow_id.into(), run_id: None })
}

#[derive(Clone)]
pub struct External(pub(super) types::Execution);

impl External {
    /// That run only.
    pub fn run_id(mut self, run_id: impl Into<String>) -> Self {
        self.0.run_id = Some(run_id.into());
        self
    }

    pub fn signal<T: Serialize + ?Sized>(&self, name: &str, value: &T) -> Operation<()> {
        let args = [to_payload(value)];
        Operation::new(Started::new(|| wire::signal(&self.0, name, &args, &[])), Ok)
    }

    /// Asks it to stop.
    pub fn cancel(&self, reason: &str) -> Operation<()> {
        Operation::new(Started::new(|| wire::cancel(&self.0, reason)), Ok)
    }
}
