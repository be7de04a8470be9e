//! Which schedule must be looked at when. All that wait for a moment are in memory: a name and a
//! time each.

use super::lock;
use crate::error::EngineError;
use crate::inner::Inner;
use crate::motion::Moving;
use crate::start::unavailable;
use crate::until::until;
use refrain_calendar::schedule::ScheduleKey;
use refrain_core::ids::ExecutionKey;
use refrain_core::time::Timestamp;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex};
use tokio::sync::Notify;

const ROWS_PER_PAGE: u32 = 1000;

#[derive(Default)]
pub(crate) struct Wakes {
    alarms: Mutex<Alarms>,
    changed: Notify,
    taken: Notify,
}

#[derive(Default)]
struct Alarms {
    of: HashMap<ScheduleKey, Timestamp>,
    order: BTreeSet<(Timestamp, ScheduleKey)>,
}

impl Wakes {
    pub(super) fn set(&self, key: &ScheduleKey, at: Option<Timestamp>) {
        let mut alarms = lock(&self.alarms);
        if let Some(before) = alarms.of.remove(key) {
            alarms.order.remove(&(before, key.clone()));
        }
        if let Some(at) = at {
            alarms.of.insert(key.clone(), at);
            alarms.order.insert((at, key.clone()));
        }
        drop(alarms);
        self.changed.notify_one();
    }

    /// The next moment at which a schedule does something.
    pub(crate) fn earliest(&self) -> Option<Timestamp> {
        lock(&self.alarms).order.first().map(|(at, _)| *at)
    }

    fn take_due(&self, now: Timestamp) -> Vec<ScheduleKey> {
        let mut alarms = lock(&self.alarms);
        let mut due = Vec::new();
        while let Some((at, _)) = alarms.order.first()
            && *at <= now
            && let Some((_, key)) = alarms.order.pop_first()
        {
            alarms.of.remove(&key);
            due.push(key);
        }
        due
    }

    pub(crate) fn is_caught_up(&self, now: Timestamp) -> bool {
        self.earliest().is_none_or(|at| at > now)
    }

    /// Returns when all that is due at `now` is under way. For a clock that stands still.
    pub(crate) async fn caught_up(&self, now: Timestamp) {
        until(&self.taken, || self.is_caught_up(now)).await;
    }
}

/// Reads who waits for what. Those that wait for a run look themselves whether it has ended
/// while no host was there.
pub(crate) async fn load(inner: &Arc<Inner>) -> Result<(), EngineError> {
    let mut after = None;
    loop {
        let page = inner.store.schedules_awake(after.as_ref(), ROWS_PER_PAGE).await;
        let page = page.map_err(unavailable)?;
        for row in &page {
            let at = if row.follows { Some(Timestamp::default()) } else { row.wake };
            inner.schedules.wakes.set(&row.key, at);
        }
        match page.last() {
            Some(last) if page.len() == ROWS_PER_PAGE as usize => after = Some(last.key.clone()),
            Some(_) | None => return Ok(()),
        }
    }
}

/// Ends with the host.
pub(crate) async fn run(inner: Arc<Inner>) {
    let wakes = &inner.schedules.wakes;
    loop {
        let changed = wakes.changed.notified();
        tokio::pin!(changed);
        changed.as_mut().enable();
        // What is taken is under way until it is written.
        let moving = Moving::begin(&inner);
        for key in wakes.take_due(inner.now()) {
            inner.wake_schedule(key);
        }
        drop(moving);
        wakes.taken.notify_waiters();
        let next = wakes.earliest().unwrap_or(Timestamp::NEVER);
        tokio::select! {
            () = inner.config.clock.sleep_until(next) => {}
            () = changed => {}
        }
    }
}

impl Inner {
    /// A run of the workflow has ended.
    pub(crate) fn tell_schedules(self: &Arc<Inner>, execution: &ExecutionKey) {
        for key in self.schedules.followers(execution) {
            self.wake_schedule(key);
        }
    }

    fn wake_schedule(self: &Arc<Inner>, key: ScheduleKey) {
        if self.is_shutting_down() {
            return;
        }
        self.spawn(|inner| async move {
            let guard = inner.schedules.own(&key).await;
            match inner.store.schedule(&key).await {
                Ok(Some(record)) => inner.go_on(&key, record).await,
                Ok(None) => {}
                Err(error) => inner.try_again(&key, &unavailable(error)),
            }
            inner.schedules.disown(&key, guard);
        });
    }
}
