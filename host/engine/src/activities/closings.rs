//! What is closed while rows are being read: a row that was read before must not come to memory after.

use super::{Activities, TaskKey};
use refrain_core::ids::RunId;
use std::collections::HashSet;

#[derive(Default)]
pub(super) struct Closings {
    n_reads: usize,
    /// Since the first of the reads that are under way began.
    tasks: HashSet<TaskKey>,
    runs: HashSet<RunId>,
}

impl Closings {
    pub(super) fn close_task(&mut self, key: TaskKey) {
        if self.n_reads > 0 {
            self.tasks.insert(key);
        }
    }

    pub(super) fn close_run(&mut self, run: RunId) {
        if self.n_reads > 0 {
            self.runs.insert(run);
        }
    }

    pub(super) fn has(&self, key: TaskKey) -> bool {
        self.tasks.contains(&key) || self.runs.contains(&key.0)
    }

    fn read_ends(&mut self) {
        self.n_reads -= 1;
        if self.n_reads == 0 {
            self.tasks.clear();
            self.runs.clear();
        }
    }
}

/// Rows are being read, until this is dropped: not before they are in memory.
pub(super) struct Reading<'a>(&'a Activities);

impl Activities {
    pub(super) fn reads(&self) -> Reading<'_> {
        self.lock().closings.n_reads += 1;
        Reading(self)
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        self.0.lock().closings.read_ends();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::EngineConfig;
    use crate::deployments::Deployments;
    use refrain_core::ids::EventId;
    use std::sync::Arc;

    #[test]
    fn what_is_closed_while_rows_are_read_is_known_until_the_last_of_them_is_in_memory() {
        let activities =
            Activities::new(Arc::new(Deployments::default()), &EngineConfig::default());
        let (run, other) = (RunId::from_bytes([1; 16]), RunId::from_bytes([2; 16]));
        let known = || {
            let state = activities.lock();
            [(run, 5), (run, 7), (other, 5)].map(|(run, at)| state.closings.has((run, EventId(at))))
        };
        activities.remove(run, EventId(5));
        assert_eq!(known(), [false, false, false], "nothing is being read");
        let first = activities.reads();
        activities.remove(run, EventId(5));
        let second = activities.reads();
        activities.remove_run(other);
        drop(first);
        assert_eq!(known(), [true, false, true]);
        drop(second);
        assert_eq!(known(), [false, false, false]);
    }
}
