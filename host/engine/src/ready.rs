//! Cells that wait for a worker thread, fair between namespaces.
//!
//! Each namespace has its own line and the lines are served in turn: a tenant with ten thousand
//! runs in motion delays another by one step, not by ten thousand.

use crate::cell::Cell;
use refrain_core::ids::NamespaceId;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

#[derive(Default)]
pub(crate) struct Ready {
    lines: Mutex<Lines>,
    more: Condvar,
}

#[derive(Default)]
struct Lines {
    /// Only those that are not empty.
    by_namespace: HashMap<NamespaceId, VecDeque<Arc<Cell>>>,
    turn: VecDeque<NamespaceId>,
    closed: bool,
}

impl Ready {
    fn lock(&self) -> MutexGuard<'_, Lines> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn push(&self, cell: Arc<Cell>) {
        let mut lines = self.lock();
        let namespace = cell.key.namespace;
        match lines.by_namespace.get_mut(&namespace) {
            Some(line) => line.push_back(cell),
            None => {
                lines.by_namespace.insert(namespace, VecDeque::from([cell]));
                lines.turn.push_back(namespace);
            }
        }
        drop(lines);
        self.more.notify_one();
    }

    /// Waits for a cell. `None`: the host is shutting down.
    pub(crate) fn pop(&self) -> Option<Arc<Cell>> {
        let mut lines = self.lock();
        loop {
            if let Some(cell) = lines.next() {
                return Some(cell);
            }
            if lines.closed {
                return None;
            }
            lines = self.more.wait(lines).unwrap_or_else(PoisonError::into_inner);
        }
    }

    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.more.notify_all();
    }
}

impl Lines {
    fn next(&mut self) -> Option<Arc<Cell>> {
        let namespace = self.turn.pop_front()?;
        let line = self.by_namespace.get_mut(&namespace)?;
        let cell = line.pop_front();
        if line.is_empty() {
            self.by_namespace.remove(&namespace);
        } else {
            self.turn.push_back(namespace);
        }
        cell
    }
}
