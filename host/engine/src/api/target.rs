//! Which workflow a client means.

use super::*;

/// A workflow as a client names it.
#[derive(Clone, Debug, PartialEq)]
pub struct Target {
    pub namespace: NamespaceId,
    pub workflow_id: String,
    /// `None`: the latest run.
    pub run: Option<RunId>,
    /// The first run of the chain that is meant: a run of another chain is not found.
    pub chain: Option<RunId>,
}

impl Target {
    /// The latest run of a workflow.
    pub fn latest(namespace: NamespaceId, workflow_id: String) -> Target {
        Target { namespace, workflow_id, run: None, chain: None }
    }

    pub(crate) fn of(run: &RunKey) -> Target {
        Target {
            namespace: run.execution.namespace,
            workflow_id: run.execution.workflow.to_string(),
            run: Some(run.run),
            chain: None,
        }
    }

    pub fn execution(&self) -> ExecutionKey {
        ExecutionKey { namespace: self.namespace, workflow: self.workflow_id.as_str().into() }
    }

    pub(crate) fn is_of_chain(&self, row: &RunRow) -> bool {
        self.chain.is_none_or(|first| row.first_run == first)
    }
}
