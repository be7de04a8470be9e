//! Which guests stay in memory: the latest used, and no tenant at the cost of another.

use crate::cell::{Cell, Cells, Phase};
use refrain_core::ids::NamespaceId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) struct WarmRuns {
    max: usize,
    lines: Mutex<Lines>,
}

#[derive(Default)]
struct Lines {
    /// Oldest first. An entry whose stamp is not its cell's is of an earlier use.
    by_namespace: HashMap<NamespaceId, VecDeque<(Arc<Cell>, u64)>>,
    n_entries: usize,
}

impl WarmRuns {
    pub(crate) fn new(max: usize) -> WarmRuns {
        WarmRuns { max, lines: Mutex::default() }
    }

    /// The cell was used just now. Evicts others while there are too many.
    pub(crate) fn used(&self, cells: &Cells, cell: &Arc<Cell>, stamp: u64) {
        let mut evicted = Vec::new();
        {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            let line = lines.by_namespace.entry(cell.key.namespace).or_default();
            line.push_back((Arc::clone(cell), stamp));
            lines.n_entries += 1;
            while lines.n_entries > self.max {
                // The namespace that holds most gives first.
                let Some(line) = lines.by_namespace.values_mut().max_by_key(|it| it.len()) else {
                    break;
                };
                let Some((oldest, stamp)) = line.pop_front() else { break };
                lines.n_entries -= 1;
                evicted.push((oldest, stamp));
            }
        }
        for (cell, stamp) in evicted {
            evict(cells, &cell, Some(stamp));
        }
    }
}

/// Drops the guest if it is idle and, with a stamp, was not used since.
pub(crate) fn evict(cells: &Cells, cell: &Arc<Cell>, stamp: Option<u64>) {
    let guest = {
        let mut state = cell.lock();
        let unused = stamp.is_none_or(|stamp| state.warm_stamp == stamp);
        if state.phase != Phase::Idle || !unused {
            return;
        }
        state.warm.take()
    };
    // Frees the guest's memory: not under the lock.
    drop(guest);
    cells.forget_if_unused(cell);
}
