//! What is due when. Rows are the truth; the heap holds those of the near future.
//!
//! An entry of the heap may be out of date: it counts only if `due` still says the same.

use crate::cell::Letter;
use crate::inner::Inner;
use crate::motion::Moving;
use crate::until::until;
use refrain_core::decision::DueTimer;
use refrain_core::ids::{EventId, RunId, RunKey};
use refrain_core::time::{Delay, Timestamp};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

const ROWS_PER_PAGE: u32 = 1000;
/// The store could not be read: look again after this.
const RELOAD_AFTER: Delay = Delay::from_secs(1);

/// Something that waits for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum What {
    Timer(DueTimer),
    /// An attempt's deadline, or the end of its backoff.
    Activity(EventId),
}

#[derive(Default)]
pub(crate) struct Timers {
    state: Mutex<State>,
    changed: Notify,
    /// All that was due before then has been delivered.
    handled_before: AtomicU64,
    handled: Notify,
}

#[derive(Default)]
struct State {
    due: BTreeMap<(RunId, What), (Timestamp, RunKey)>,
    heap: BinaryHeap<Reverse<(Timestamp, RunId, What)>>,
    /// Rows due before this are in memory.
    loaded_until: Timestamp,
}

impl Timers {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, run: &RunKey, what: What, at: Timestamp) {
        self.set_in(self.lock(), run, what, at);
    }

    /// A row that was read. What was set while it was being read is newer.
    fn load(&self, run: &RunKey, what: What, at: Timestamp) {
        let state = self.lock();
        if !state.due.contains_key(&(run.run, what)) {
            self.set_in(state, run, what, at);
        }
    }

    fn set_in(&self, mut state: MutexGuard<'_, State>, run: &RunKey, what: What, at: Timestamp) {
        let earliest = state.heap.peek().map(|Reverse(top)| top.0);
        // The window's loader will find it in the store.
        if at >= state.loaded_until {
            state.due.remove(&(run.run, what));
            return;
        }
        state.due.insert((run.run, what), (at, run.clone()));
        state.heap.push(Reverse((at, run.run, what)));
        self.handled_before.fetch_min(at.as_ms(), Ordering::SeqCst);
        drop(state);
        if earliest.is_none_or(|earliest| at < earliest) {
            self.changed.notify_one();
        }
    }

    pub(crate) fn clear(&self, run: RunId, what: What) {
        self.lock().due.remove(&(run, what));
    }

    /// The run is closed: nothing of it is due any more.
    pub(crate) fn clear_run(&self, run: RunId) {
        let mut state = self.lock();
        let first = (run, What::Timer(DueTimer::User(EventId(0))));
        let of_run = |(key, _): (&(RunId, What), &(Timestamp, RunKey))| *key;
        let keys: Vec<_> =
            state.due.range(first..).map(of_run).take_while(|key| key.0 == run).collect();
        for key in keys {
            state.due.remove(&key);
        }
    }

    /// Takes what is due, oldest first, and says when to look again: at `window_ends` at the
    /// latest. Until then nothing is due but what is set meanwhile.
    fn take_due(&self, now: Timestamp, window_ends: Timestamp) -> (Vec<(RunKey, What)>, Timestamp) {
        let mut state = self.lock();
        let mut due = Vec::new();
        let mut next = window_ends;
        while let Some(Reverse((at, run, what))) = state.heap.peek().copied() {
            let live = state.due.get(&(run, what)).is_some_and(|(is, _)| *is == at);
            if live && at > now {
                next = next.min(at);
                break;
            }
            state.heap.pop();
            if live && let Some((_, key)) = state.due.remove(&(run, what)) {
                due.push((key, what));
            }
        }
        self.handled_before.store(next.as_ms().max(now.as_ms() + 1), Ordering::SeqCst);
        (due, next)
    }

    /// Returns when all that is due at `now` has been delivered. For a clock that stands still.
    pub(crate) async fn caught_up(&self, now: Timestamp) {
        until(&self.handled, || self.is_caught_up(now)).await;
    }

    pub(crate) fn is_caught_up(&self, now: Timestamp) -> bool {
        self.handled_before.load(Ordering::SeqCst) > now.as_ms()
    }
}

pub(crate) async fn run(inner: Arc<Inner>) {
    let timers = &inner.timers;
    loop {
        let changed = timers.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        let now = inner.now();
        let window_ends = load_window(&inner, now).await.min(inner.sweep_if_due(now));
        // What is taken is under way until it lies in a mailbox.
        let moving = Moving::begin(&inner);
        let (due, next) = timers.take_due(now, window_ends);
        for (key, what) in due {
            match what {
                What::Timer(timer) => {
                    inner.post(&key.execution, Letter::own(key.run, timer.arrival()));
                }
                What::Activity(scheduled) => inner.activity_due(&key, scheduled),
            }
        }
        drop(moving);
        timers.handled.notify_waiters();
        tokio::select! {
            () = inner.config.clock.sleep_until(next) => {}
            () = changed => {}
        }
    }
}

/// Reads the rows that come due in the next window, once half of the last one is over. Returns
/// when to come again.
async fn load_window(inner: &Arc<Inner>, now: Timestamp) -> Timestamp {
    let window = inner.config.timer_window;
    let loaded_until = inner.timers.lock().loaded_until;
    let half_way = Timestamp(loaded_until.0.saturating_sub(window.0 / 2));
    if now < half_way {
        return half_way;
    }
    let until = now.plus(window);
    // From here on, what is set goes to the heap: nothing falls between the reading and this.
    inner.timers.lock().loaded_until = until;
    match read_rows(inner, until).await {
        Ok(()) => Timestamp(until.0.saturating_sub(window.0 / 2)),
        Err(error) => {
            tracing::error!(error = &error as &dyn std::error::Error, "timers can't be read");
            inner.timers.lock().loaded_until = loaded_until;
            now.plus(RELOAD_AFTER)
        }
    }
}

async fn read_rows(inner: &Arc<Inner>, until: Timestamp) -> Result<(), refrain_store::StoreError> {
    let mut after = None;
    loop {
        let rows = inner.store.timers_due(until, after.as_ref(), ROWS_PER_PAGE).await?;
        for row in &rows {
            inner.timers.load(&row.key, What::Timer(row.timer), row.fire_at);
        }
        match rows.last() {
            Some(last) if rows.len() == ROWS_PER_PAGE as usize => after = Some(last.clone()),
            _ => break,
        }
    }
    let mut after = None;
    loop {
        let rows = inner.store.activities_due(until, after.as_ref(), ROWS_PER_PAGE).await?;
        for row in &rows {
            inner.timers.load(&row.task.run, What::Activity(row.task.scheduled), row.due);
        }
        match rows.last() {
            Some(last) if rows.len() == ROWS_PER_PAGE as usize => after = Some(last.clone()),
            _ => return Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use refrain_core::ids::{ExecutionKey, NamespaceId};

    #[test]
    fn what_is_set_while_rows_are_read_is_not_undone_by_an_older_row() {
        let timers = Timers::default();
        timers.lock().loaded_until = Timestamp(100);
        let execution = ExecutionKey { namespace: NamespaceId(1), workflow: "w".into() };
        let run = RunKey { execution, run: RunId(1) };
        let (started, other) = (What::Activity(EventId(5)), What::Activity(EventId(6)));
        // An attempt begins after its row was read, and has less time than the row says.
        timers.set(&run, started, Timestamp(10));
        timers.load(&run, started, Timestamp(50));
        timers.load(&run, other, Timestamp(20));
        let due_at = |now| timers.take_due(Timestamp(now), Timestamp(100));
        assert_eq!(due_at(10), (vec![(run.clone(), started)], Timestamp(20)));
        assert_eq!(due_at(60), (vec![(run, other)], Timestamp(100)));
    }
}
