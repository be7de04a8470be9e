//! A run that is closed for the next one of its chain: both are in one commit.

use super::*;
use refrain_core::chain::Link;
use refrain_core::decision::Successor;
use refrain_core::machines::execution::Started;
use refrain_core::options::VersionChoice;
use refrain_core::time::Timestamp;

/// A string without a meaning has no times; it is refused where it comes in.
pub(super) fn next_cron(cron: &str, from: Timestamp, now: Timestamp) -> Option<Timestamp> {
    refrain_calendar::next_cron_time(cron, from, now).ok().flatten()
}

impl Visit<'_> {
    pub(super) fn link_of(&self, row: &RunRow) -> Link {
        let run = row.key.run;
        let next = self.inner.new_run_id_after(Some(run), self.inner.now());
        Link { run, next, next_cron }
    }

    /// Hands over `steps`, then `stepped`, and the run that takes its place if there is one.
    pub(super) fn commit_chain(&mut self, mut steps: Vec<Stepped>, mut stepped: Stepped) {
        let successor = stepped.decision.successor.take();
        let next = successor.map(|it| self.succeed(&stepped, *it));
        steps.push(stepped);
        steps.extend(next);
        self.commit(steps);
    }

    /// The next run: it has its first events, and its first task is due in a visit of its own.
    fn succeed(&self, before: &Stepped, successor: Successor) -> Stepped {
        let component = self.component_of(&before.row, &successor);
        let Successor { run, version: _, started, decision } = successor;
        let key = RunKey { execution: self.cell.key.clone(), run };
        let began = decision.events.first().map_or_else(|| self.inner.now(), |it| it.time);
        // A start that is sent again must find the chain that it began.
        let start_request_id =
            before.start_request_id.clone().or_else(|| before.row.start_request_id.clone());
        let request_id = start_request_id.as_deref().unwrap_or_default();
        let row = rows::of_start(key, component, request_id, &started, began);
        // What is in memory is used; for the rest there is the loader.
        let program = self.inner.programs.cached(component);
        let run = program.and_then(|it| self.inner.replay(&row, &decision.events, Ok(it)).ok());
        Stepped { start_request_id, ..Stepped::of(row, run, decision) }
    }

    /// If nothing that has the type is deployed, the run before was served by something.
    fn component_of(&self, before: &RunRow, next: &Successor) -> Digest {
        let (namespace, workflow) = (before.key.execution.namespace, &self.cell.key.workflow);
        let Started { task_queue, workflow_type, .. } = &*next.started;
        let deployments = &self.inner.deployments;
        let current = match next.version {
            VersionChoice::Same => None,
            VersionChoice::Current => {
                deployments.for_start(namespace, task_queue, workflow, workflow_type)
            }
        };
        let current = current.filter(|it| it.has(workflow_type));
        current.map_or(before.component, |it| it.row.digest)
    }
}
