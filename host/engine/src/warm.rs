//! Which guests stay in memory: the latest used, and no tenant at the cost of another.

use crate::cell::{Cell, Cells, Phase};
use refrain_core::ids::NamespaceId;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

pub(crate) struct WarmRuns {
    rooms_max: usize,
    lines: Mutex<Lines>,
    /// Rooms of steps that wait for their local activities.
    waiting: Arc<AtomicUsize>,
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
    /// Oldest first, by stamp. One that is not the cell's last use counts nothing.
    uses: VecDeque<(Arc<Cell>, u64)>,
    /// By workflow id, the last use of each.
    held: HashMap<Arc<str>, Use>,
    rooms: usize,
}

impl Line {
    fn is_last(&self, cell: &Cell, stamp: u64) -> bool {
        self.held.get(&cell.key.workflow).is_some_and(|it| it.stamp == stamp)
    }

    /// Returns the rooms that it had.
    fn give_up(&mut self, cell: &Cell) -> usize {
        let rooms = self.held.remove(&cell.key.workflow).map_or(0, |it| it.rooms);
        self.rooms -= rooms;
        rooms
    }
}

/// Of a use of a guest. No two have the same, also if a workflow's id is used again.
pub(crate) fn next_stamp() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}

/// Uses that are not the last ones are thrown away when there are so many more of them.
const STALE_MAX: usize = 64;
/// Guests that are not at rest and so can't be evicted; no more are looked at in one go.
const BUSY_PASSED_MAX: usize = 64;
/// Steps may wait for their local activities in so many rooms, also if guests are kept in fewer or none.
/// Whoever sizes the pool counts with it.
pub const WAITING_ROOMS_MIN: usize = 64;
/// Rooms of guests whose step is being committed, beyond those that may stay: whoever is evicted for them goes
/// after the commit, which is not held up by it. Whoever sizes the pool counts with it.
pub const COMMITTING_ROOMS: usize = 128;
/// How many are made if a guest found none.
const ROOMS_MADE: usize = 16;

impl Lines {
    fn count(&mut self, cell: &Arc<Cell>, used: Use) {
        let line = self.by_namespace.entry(cell.key.namespace).or_default();
        self.rooms -= line.give_up(cell);
        line.held.insert(Arc::clone(&cell.key.workflow), used);
        line.uses.push_back((Arc::clone(cell), used.stamp));
        line.rooms += used.rooms;
        self.rooms += used.rooms;
        if line.uses.len() > 2 * line.held.len() + STALE_MAX {
            let Line { uses, held, .. } = line;
            uses.retain(|(cell, stamp)| {
                held.get(&cell.key.workflow).is_some_and(|it| it.stamp == *stamp)
            });
        }
    }

    /// Returns those that are to be evicted, with the stamps of their last use.
    fn shrink_to(&mut self, rooms_max: usize) -> Vec<(Arc<Cell>, u64)> {
        let (mut evicted, mut busy) = (Vec::new(), Vec::new());
        while self.rooms > rooms_max && busy.len() < BUSY_PASSED_MAX {
            // The namespace that holds most gives first.
            let lines = self.by_namespace.values_mut().filter(|it| !it.uses.is_empty());
            let Some(line) = lines.max_by_key(|it| it.rooms) else { break };
            let Some((oldest, stamp)) = line.uses.pop_front() else { break };
            if !line.is_last(&oldest, stamp) {
                continue;
            }
            // One that is away comes back, and is counted all the while: it is in use just now.
            if oldest.lock().phase != Phase::Idle {
                busy.push((oldest, stamp));
                continue;
            }
            self.rooms -= line.give_up(&oldest);
            evicted.push((oldest, stamp));
        }
        for (cell, stamp) in busy {
            if let Some(line) = self.by_namespace.get_mut(&cell.key.namespace) {
                line.uses.push_back((cell, stamp));
            }
        }
        evicted
    }
}

/// Rooms of a step that waits for its local activities, until this is dropped.
pub(crate) struct Waiting {
    all: Arc<AtomicUsize>,
    rooms: usize,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.all.fetch_sub(self.rooms, Ordering::Relaxed);
    }
}

impl WarmRuns {
    pub(crate) fn new(rooms_max: usize) -> WarmRuns {
        WarmRuns { rooms_max, lines: Mutex::default(), waiting: Arc::default() }
    }

    /// The cell was used just now. Evicts others while there are too many.
    pub(crate) fn used(&self, cells: &Cells, cell: &Arc<Cell>, used: Use) {
        self.count(cells, cell, used, self.rooms_max);
    }

    /// False: there are more than `rooms_max`, whoever was evicted.
    fn count(&self, cells: &Cells, cell: &Arc<Cell>, used: Use, rooms_max: usize) -> bool {
        let (evicted, fits) = {
            let mut lines = self.lock();
            lines.count(cell, used);
            (lines.shrink_to(rooms_max), lines.rooms <= rooms_max)
        };
        for (cell, stamp) in evicted {
            evict(cells, &cell, Some(stamp));
        }
        fits
    }

    /// As [`Self::used`], for one that is not at rest yet: its step is being committed.
    pub(crate) fn commits(&self, cells: &Cells, cell: &Arc<Cell>, rooms: usize) {
        self.is_away(cells, cell, rooms, self.rooms_max + COMMITTING_ROOMS);
    }

    /// As [`Self::count`], for one that is not at rest yet.
    fn is_away(&self, cells: &Cells, cell: &Arc<Cell>, rooms: usize, rooms_max: usize) -> bool {
        {
            let lines = self.lock();
            let line = lines.by_namespace.get(&cell.key.namespace);
            let held = line.and_then(|it| it.held.get(&cell.key.workflow));
            if held.is_some_and(|it| it.rooms == rooms) && lines.rooms <= rooms_max {
                return true;
            }
        }
        let stamp = next_stamp();
        cell.lock().warm_stamp = stamp;
        self.count(cells, cell, Use { stamp, rooms }, rooms_max)
    }

    /// One may wait for local activities if there is room, or if few wait.
    pub(crate) fn park(&self, cells: &Cells, cell: &Arc<Cell>, rooms: usize) -> Option<Waiting> {
        let fits = self.is_away(cells, cell, rooms, self.rooms_max);
        let before = self.waiting.fetch_add(rooms, Ordering::Relaxed);
        let waiting = Waiting { all: Arc::clone(&self.waiting), rooms };
        (fits || before + rooms <= WAITING_ROOMS_MIN).then_some(waiting)
    }

    /// There was no room for a guest, whatever was counted.
    pub(crate) fn make_room(&self, cells: &Cells) {
        let evicted = {
            let mut lines = self.lock();
            let rooms = lines.rooms.saturating_sub(ROOMS_MADE);
            lines.shrink_to(rooms)
        };
        for (cell, stamp) in evicted {
            evict(cells, &cell, Some(stamp));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The cell has no guest any more.
    pub(crate) fn gone(&self, cell: &Cell) {
        let mut lines = self.lock();
        let Lines { by_namespace, rooms } = &mut *lines;
        if let Some(line) = by_namespace.get_mut(&cell.key.namespace) {
            *rooms -= line.give_up(cell);
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

    /// What is left in memory of guests that were used in this order: namespace, id, rooms. No rooms: it
    /// has none any more.
    fn left(rooms_max: usize, uses: &[(u32, &str, usize)]) -> String {
        let (cells, warm) = (Cells::new(), WarmRuns::new(rooms_max));
        for (namespace, id, rooms) in uses {
            let (namespace, workflow) = (NamespaceId(*namespace), Arc::from(*id));
            let cell = cells.cell(&ExecutionKey { namespace, workflow });
            let stamp = {
                let mut state = cell.lock();
                state.warm_stamp = next_stamp();
                state.warm_stamp
            };
            match *rooms {
                0 => warm.gone(&cell),
                rooms => warm.used(&cells, &cell, Use { stamp, rooms }),
            }
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
    fn a_step_that_waits_takes_room_from_guests_at_rest_and_few_may_wait_without_any() {
        let (cells, warm) = (Cells::new(), WarmRuns::new(2));
        let cell = |id: &str| {
            cells.cell(&ExecutionKey { namespace: NamespaceId(1), workflow: Arc::from(id) })
        };
        let wait = |id: &str, rooms| {
            let cell = cell(id);
            cell.lock().phase = Phase::Busy;
            warm.park(&cells, &cell, rooms)
        };
        warm.used(&cells, &cell("idle"), Use { stamp: 0, rooms: 1 });
        let first = wait("a", 2);
        assert!(first.is_some());
        let left: Vec<_> = cells.all().iter().map(|it| it.key.workflow.to_string()).collect();
        assert_eq!(left, ["a"], "what was at rest has gone");
        let second = wait("b", WAITING_ROOMS_MIN - 2);
        assert!(second.is_some());
        assert!(wait("c", 1).is_none());
        drop(first);
        assert!(wait("c", 1).is_some());
    }

    #[test]
    fn a_guest_whose_step_is_committed_sends_another_one_away_when_it_is_at_rest() {
        let (cells, warm) = (Cells::new(), WarmRuns::new(1));
        let cell = |id: &str| {
            cells.cell(&ExecutionKey { namespace: NamespaceId(1), workflow: Arc::from(id) })
        };
        warm.used(&cells, &cell("idle"), Use { stamp: 0, rooms: 1 });
        let busy = cell("a");
        busy.lock().phase = Phase::Busy;
        warm.commits(&cells, &busy, 1);
        assert!(!cell("idle").lock().gone);
        let idle = cell("idle");
        warm.commits(&cells, &busy, 1 + COMMITTING_ROOMS);
        assert!(idle.lock().gone, "there are too many of them");
    }

    #[test]
    fn who_waits_sends_away_who_is_at_rest_though_it_was_counted_when_it_committed() {
        let (cells, warm) = (Cells::new(), WarmRuns::new(2));
        let cell = |id: &str| {
            cells.cell(&ExecutionKey { namespace: NamespaceId(1), workflow: Arc::from(id) })
        };
        let idle = cell("idle");
        warm.used(&cells, &idle, Use { stamp: 0, rooms: 1 });
        let busy = cell("a");
        busy.lock().phase = Phase::Busy;
        warm.commits(&cells, &busy, 2);
        assert!(!idle.lock().gone);
        assert!(warm.park(&cells, &busy, 2).is_some());
        assert!(idle.lock().gone);
    }

    #[test]
    fn a_workflow_id_that_is_used_again_has_a_guest_of_its_own() {
        let (cells, warm) = (Cells::new(), WarmRuns::new(1));
        let used = |id: &str| {
            let cell =
                cells.cell(&ExecutionKey { namespace: NamespaceId(1), workflow: Arc::from(id) });
            let stamp = next_stamp();
            cell.lock().warm_stamp = stamp;
            warm.used(&cells, &cell, Use { stamp, rooms: 1 });
            cell
        };
        let first = used("x");
        warm.gone(&first);
        cells.forget_if_unused(&first);
        let second = used("x");
        used("y");
        assert!(second.lock().gone, "it has made room");
    }

    #[test]
    fn a_tenant_whose_guests_take_much_room_makes_room_itself() {
        let uses = [(1, "a", 1), (1, "b", 1), (2, "x", 4), (2, "y", 4), (2, "z", 4)];
        assert_eq!(left(10, &uses), "a b y z");
    }

    #[test]
    fn a_guest_that_is_used_often_counts_once_and_one_that_has_gone_not_at_all() {
        let mut uses = vec![(1, "a", 1), (1, "b", 1)];
        uses.extend([(2, "x", 2); 200]);
        assert_eq!(left(4, &uses), "a b x");
        assert_eq!(left(2, &[(1, "a", 1), (1, "b", 1), (1, "a", 0), (1, "c", 1)]), "a b c");
    }
}
