//! Runs of workflows that the script is not about: it meets them in histories.

use super::*;
use refrain_core::machines::child;
use refrain_engine::api::PendingChild;

impl Sim {
    /// Each with its place in its workflow.
    pub(super) fn all_runs(&self) -> Vec<(usize, RunKey)> {
        let workflows = std::iter::once(&self.runs).chain(self.others.values());
        workflows.flat_map(|it| it.iter().cloned().enumerate()).collect()
    }

    /// Children, their children, and the next runs of all that are known.
    pub(super) async fn follow_others(&mut self) {
        if !self.has_others {
            return;
        }
        let mut unread: VecDeque<_> = self.all_runs().into_iter().map(|it| it.1).collect();
        while let Some(run) = unread.pop_front() {
            if self.described(&run).await.is_err() {
                // Deleted.
                continue;
            }
            for recorded in self.history(&run).await {
                let found = match &recorded.event {
                    Event::Child(child::Event::Started { child, run: child_run, .. }) => {
                        let workflow = child.workflow_id.as_str().into();
                        let execution = ExecutionKey { workflow, ..run.execution.clone() };
                        RunKey { execution, run: *child_run }
                    }
                    other => match new_run(other) {
                        Some(next) => RunKey { run: next, ..run.clone() },
                        None => continue,
                    },
                };
                if self.learn(&found, &run) {
                    unread.push_back(found);
                }
            }
        }
    }

    /// `after`: the run before it, if that is one of the same workflow. True: it was not known.
    fn learn(&mut self, found: &RunKey, after: &RunKey) -> bool {
        let workflow = found.execution.workflow.to_string();
        if workflow == WORKFLOW_ID {
            return false;
        }
        let known = self.others.entry(workflow).or_default();
        if known.contains(found) {
            return false;
        }
        let at = known.iter().position(|it| it == after).map_or(known.len(), |at| at + 1);
        known.insert(at, found.clone());
        true
    }
}

/// There are rows of them, which nobody compares with history when the run goes on.
pub(super) fn check_children(description: &Description, folded: &Execution) {
    let pending = folded.children.iter().map(|(initiated, it)| PendingChild {
        initiated: *initiated,
        workflow_id: it.options.workflow_id.clone(),
        workflow_type: it.options.workflow_type.clone(),
        run: it.state.run(),
        parent_close: it.options.parent_close,
    });
    assert_eq!(description.pending_children, pending.collect::<Vec<_>>());
}
