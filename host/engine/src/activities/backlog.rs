//! Waiting tasks that memory does not have, from the store.

use super::line::{Place, Taker, forget};
use super::*;
use std::time::Duration;

const PAGE: u32 = 1000;
/// The store could not be read: once more after this.
pub(super) const READ_AGAIN: Duration = Duration::from_secs(1);

impl Inner {
    /// Brings what a lane has in line in the store and not in memory. Whoever calls this has set
    /// `loading`.
    pub(super) fn load_backlog(self: &Arc<Inner>, queue_key: QueueKey, taker: Taker) {
        self.spawn(|inner| async move {
            let from = match inner.activities.lock().queues.get_mut(&queue_key) {
                Some(queue) => {
                    let lane = queue.lane(taker);
                    lane.missed = None;
                    lane.beyond
                }
                None => None,
            };
            let beyond = match from {
                Some(from) => inner.read_line(&queue_key, taker, from).await,
                None => Ok(None),
            };
            if let Some(queue) = inner.activities.lock().queues.get_mut(&queue_key) {
                let lane = queue.lane(taker);
                lane.loading = false;
                if let Ok(beyond) = beyond {
                    lane.beyond = [beyond, lane.missed].into_iter().flatten().min();
                }
            }
            if let Err(error) = &beyond {
                tracing::error!(error = error as &dyn std::error::Error, "backlog can't be read");
                // Those who wait for tasks may wait for a minute before they poll again.
                tokio::time::sleep(READ_AGAIN).await;
            }
            inner.match_queue(&queue_key);
        });
    }

    /// From the first that memory may lack. Returns the first that it has no room for.
    async fn read_line(
        &self,
        (namespace, name): &QueueKey,
        taker: Taker,
        mut from: Place,
    ) -> Result<Option<Place>, StoreError> {
        loop {
            let _reading = self.activities.reads();
            let page = self.store.activities_waiting(*namespace, name, from.in_store(), PAGE);
            let page = page.await?;
            let more = page.len() == PAGE as usize;
            from = page.last().and_then(Place::of).map_or(from, Place::next);
            let mut state = self.activities.lock();
            let mut room = state.room(&(*namespace, name.clone()), taker);
            for task in page {
                let of_lane = Taker::of(&self.activities.deployments, &task) == taker;
                if of_lane && let Err(place) = state.load(task, taker, self.now(), &mut room) {
                    return Ok(Some(place));
                }
            }
            if !more {
                return Ok(None);
            }
        }
    }
}

impl State {
    fn room(&mut self, queue_key: &QueueKey, taker: Taker) -> usize {
        let n_max = self.waiting_max;
        self.queues.get_mut(queue_key).map_or(n_max, |queue| queue.lane(taker).room(n_max))
    }

    /// Errors: there is no room for it.
    fn load(
        &mut self,
        task: ActivityTask,
        taker: Taker,
        now: Timestamp,
        room: &mut usize,
    ) -> Result<(), Place> {
        let key = key_of(&task);
        let may_go = task.is_ready(now) && !self.held.contains(&key.0) && !self.closings.has(key);
        let Some(place) = Place::of(&task).filter(|_| may_go) else { return Ok(()) };
        let lane = self.queues.entry(queue_of(&task)).or_default().lane(taker);
        if let Some(parked) = lane.parked_with(&task) {
            parked.insert(place, true);
            return Ok(());
        }
        if lane.waiting.contains(place) {
            return Ok(());
        }
        match room.checked_sub(1) {
            Some(left) => *room = left,
            None => {
                let last = lane.let_last_go_if(|last| last > place).ok_or(place)?;
                forget(&mut self.tasks, last.key);
            }
        }
        let entry = self.tasks.entry(key).or_insert_with(|| Entry::new(task));
        // What memory has may be newer than what was read.
        if entry.busy == Busy::No && Place::of(&entry.task) == Some(place) {
            lane.waiting.insert(place, entry.stored);
        }
        Ok(())
    }
}
