//! Which guests stay in memory: the latest used, and no tenant at the cost of another.

use crate::cell::{Cell, Cells, Phase};
use refrain_core::ids::NamespaceId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

pub(crate) struct WarmRuns {
    rooms_max: usize,
    lines: Mutex<Lines>,
}

/// Of a guest that stays in memory.
#[derive(Clone, Copy)]
pub(crate) struct Use {
    /// Which one of the cell's uses.
    pub(crate) stamp: u64,
    /// What the guest takes. One that is large counts as several.
    pub(crate) rooms: usize,
}

#[derive(Default)]
struct Lines {
    by_namespace: HashMap<NamespaceId, Line>,
    rooms: usize,
}

#[derive(Default)]
struct Line {
    /// Oldest first. An entry whose stamp is not its cell's is of an earlier use.
    uses: VecDeque<(Arc<Cell>, Use)>,
    rooms: usize,
}

impl WarmRuns {
    pub(crate) fn new(rooms_max: usize) -> WarmRuns {
        WarmRuns { rooms_max, lines: Mutex::default() }
    }

    /// The cell was used just now. Evicts others while there are too many.
    pub(crate) fn used(&self, cells: &Cells, cell: &Arc<Cell>, used: Use) {
        let mut evicted = Vec::new();
        {
            let mut lines = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
            let line = lines.by_namespace.entry(cell.key.namespace).or_default();
            line.uses.push_back((Arc::clone(cell), used));
            line.rooms += used.rooms;
            lines.rooms += used.rooms;
            while lines.rooms > self.rooms_max {
                // The namespace that holds most gives first.
                let Some(line) = lines.by_namespace.values_mut().max_by_key(|it| it.rooms) else {
                    break;
                };
                let Some((oldest, used)) = line.uses.pop_front() else { break };
                line.rooms -= used.rooms;
                lines.rooms -= used.rooms;
                evicted.push((oldest, used.stamp));
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

#[cfg(test)]
mod tests {
    use super::*;
    use refrain_core::ids::ExecutionKey;

    /// What is left in memory of guests that were used in this order: namespace, id, rooms.
    fn left(rooms_max: usize, uses: &[(u32, &str, usize)]) -> String {
        let (cells, warm) = (Cells::new(), WarmRuns::new(rooms_max));
        for (namespace, id, rooms) in uses {
            let (namespace, workflow) = (NamespaceId(*namespace), Arc::from(*id));
            let cell = cells.cell(&ExecutionKey { namespace, workflow });
            let stamp = cell.lock().warm_stamp;
            warm.used(&cells, &cell, Use { stamp, rooms: *rooms });
        }
        let mut left: Vec<_> = cells.all().iter().map(|it| it.key.workflow.to_string()).collect();
        left.sort();
        left.join(" ")
    }

    #[test]
    fn a_guest_that_takes_much_room_counts_as_several() {
        let small = [(1, "a", 1), (1, "b", 1), (1, "c", 1)];
        assert_eq!(left(3, &small), "a b c");
        assert_eq!(left(3, &[(1, "a", 1), (1, "b", 1), (1, "c", 2)]), "b c");
        assert_eq!(left(3, &[(1, "a", 1), (1, "b", 4)]), "");
    }

    #[test]
    fn a_tenant_whose_guests_take_much_room_makes_room_itself() {
        let uses = [(1, "a", 1), (1, "b", 1), (2, "x", 4), (2, "y", 4), (2, "z", 4)];
        assert_eq!(left(10, &uses), "a b y z");
    }
}
