//! Rate limits of queues, and what operators see of a queue.

use super::*;

impl Activities {
    /// What memory knows of a queue.
    pub(crate) fn seen(&self, queue_key: &QueueKey, now: Timestamp) -> QueueState {
        let mut state = self.lock();
        let mut none = Queue::default();
        let queue = state.queues.get_mut(queue_key).unwrap_or(&mut none);
        QueueState {
            pollers: queue.seen.shown(now),
            n_waiting: 0,
            age: Delay::ZERO,
            added: queue.added.per_second(now),
            dispatched: queue.dispatched.per_second(now),
            limited: queue.pace.limited(),
            limit_reached: queue.pace.awaited,
        }
    }
}

impl Inner {
    pub(crate) fn limit_queue(self: &Arc<Inner>, queue_key: &QueueKey, per_second: Option<f32>) {
        let mut state = self.activities.lock();
        state.queues.entry(queue_key.clone()).or_default().pace.configure(per_second);
        drop(state);
        self.match_queue(queue_key);
    }

    /// If it is the limit that keeps a task back, it is looked at again when there is room.
    pub(super) fn match_when_allowed(self: &Arc<Inner>, queue_key: &QueueKey, pace: &mut Pace) {
        let Some(wait) = pace.wait(Instant::now()) else { return };
        if std::mem::replace(&mut pace.awaited, true) {
            return;
        }
        let (inner, queue_key) = (Arc::clone(self), queue_key.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = tokio::time::sleep(wait) => {}
                () = inner.shutting_down() => return,
            }
            if let Some(queue) = inner.activities.lock().queues.get_mut(&queue_key) {
                queue.pace.awaited = false;
            }
            inner.match_queue(&queue_key);
        });
    }
}
