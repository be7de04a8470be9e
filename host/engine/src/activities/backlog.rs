//! Waiting tasks that memory does not have, from the store.

use super::line::{Place, Taker};
use super::*;

const PAGE: u32 = 1000;

impl Inner {
    /// Brings what a lane has in line in the store and not in memory. Whoever calls this has set
    /// `loading`.
    pub(super) fn load_backlog(self: &Arc<Inner>, queue_key: QueueKey, taker: Taker) {
        let inner = Arc::clone(self);
        self.motion.begin();
        tokio::spawn(async move {
            if let Some(queue) = inner.activities.lock().queues.get_mut(&queue_key) {
                queue.lane(taker).missed = None;
            }
            let beyond = inner.read_line(&queue_key, taker).await;
            if let Some(queue) = inner.activities.lock().queues.get_mut(&queue_key) {
                let lane = queue.lane(taker);
                lane.loading = false;
                if let Ok(beyond) = beyond {
                    lane.beyond = [beyond, lane.missed].into_iter().flatten().min();
                }
            }
            match beyond {
                Ok(_) => inner.match_queue(&queue_key),
                // The next poll tries again.
                Err(error) => {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "backlog can't be read"
                    );
                }
            }
            inner.motion.end();
        });
    }

    /// Returns the first that memory has no room for.
    async fn read_line(
        &self,
        (namespace, name): &QueueKey,
        taker: Taker,
    ) -> Result<Option<Place>, StoreError> {
        let mut after = None;
        loop {
            let page = self.store.activities_waiting(*namespace, name, after.as_ref(), PAGE);
            let page = page.await?;
            let more = page.len() == PAGE as usize;
            after = page.last().cloned();
            let mut state = self.activities.lock();
            for task in page {
                let of_lane = Taker::of(&self.activities.deployments, &task) == taker;
                if of_lane && let Err(place) = state.load(task, taker, self.now()) {
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
    /// Errors: there is no room for it.
    fn load(&mut self, task: ActivityTask, taker: Taker, now: Timestamp) -> Result<(), Place> {
        let key = key_of(&task);
        let may_go = task.is_ready(now) && !self.held.contains(&key.0);
        let Some(place) = Place::of(&task).filter(|_| may_go) else { return Ok(()) };
        let lane = self.queues.entry(queue_of(&task)).or_default().lane(taker);
        if let Some(parked) = lane.parked_with(&task) {
            parked.insert(place, true);
            return Ok(());
        }
        if lane.waiting.len() >= self.waiting_max && !lane.waiting.contains_key(&place) {
            return Err(place);
        }
        let entry = self.tasks.entry(key).or_insert_with(|| Entry::new(task));
        // What memory has may be newer than what was read.
        if entry.busy == Busy::No && Place::of(&entry.task) == Some(place) {
            lane.waiting.insert(place, entry.stored);
        }
        Ok(())
    }
}
