//! Workers that wait for a task.

use super::*;

/// Queues are looked through for those that nobody needs when there are twice as many as after the last look,
/// and so many more: whoever may poll can name any queue.
const QUEUES_LOOKED_AT: usize = 1000;

impl State {
    /// The queue that somebody asks for.
    fn asked_for(&mut self, queue_key: QueueKey, now: Timestamp) -> &mut Queue {
        let is_new = !self.queues.contains_key(&queue_key);
        if is_new && self.queues.len() >= 2 * self.n_queues_kept + QUEUES_LOOKED_AT {
            self.queues.retain(|_, queue| queue.is_needed(now));
            self.n_queues_kept = self.queues.len();
        }
        self.queues.entry(queue_key).or_default()
    }
}

impl Inner {
    pub(crate) async fn poll_activity(
        self: &Arc<Inner>,
        namespace: NamespaceId,
        task_queue: &str,
        poller: SeenPoller,
        patience: Delay,
    ) -> Result<Option<ActivityTask>, EngineError> {
        if self.is_shutting_down() {
            return Err(EngineError::ShuttingDown);
        }
        let (hand, taken) = oneshot::channel();
        let queue_key = (namespace, task_queue.to_owned());
        let mut polling = Polling { inner: Arc::clone(self), taken };
        {
            let mut state = self.activities.lock();
            let queue = state.asked_for(queue_key.clone(), self.now());
            queue.pollers.retain(|it| !it.hand.is_closed());
            queue.pollers.push_back(Poller { identity: poller.identity.clone(), hand });
            queue.pace.polled(Some(poller.per_second));
            queue.seen.polled(SeenPoller { at: self.now(), ..poller });
        }
        self.match_queue(&queue_key);
        tokio::select! {
            task = &mut polling.taken => Ok(task.ok()),
            () = tokio::time::sleep(std::time::Duration::from_millis(patience.as_ms())) => Ok(None),
            () = self.shutting_down() => Err(EngineError::ShuttingDown),
        }
    }
}

/// A poller that is dropped may have been handed a task in that very moment.
struct Polling {
    inner: Arc<Inner>,
    taken: oneshot::Receiver<ActivityTask>,
}

impl Drop for Polling {
    fn drop(&mut self) {
        self.taken.close();
        if let Ok(task) = self.taken.try_recv() {
            self.inner.take_back(task);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queues_that_were_only_asked_for_are_forgotten_and_those_that_had_tasks_are_not() {
        let activities = Activities::new(Arc::default(), &EngineConfig::default());
        let mut state = activities.lock();
        let key = |name: &str| (NamespaceId(1), name.to_owned());
        let used = state.asked_for(key("used"), Timestamp(0));
        used.shares.enter(&Default::default(), &BTreeMap::new());
        let minutes = |n: usize| Timestamp(n as u64 * 60_000);
        let last = 5 * QUEUES_LOOKED_AT;
        for n in 0..=last {
            let queue = state.asked_for(key(&n.to_string()), minutes(n));
            let at = minutes(n);
            queue.seen.polled(SeenPoller { at, ..SeenPoller::new("worker", None, "") });
        }
        assert!(state.queues.len() <= 2 * QUEUES_LOOKED_AT, "{}", state.queues.len());
        for known in ["used", &last.to_string()] {
            assert!(state.queues.contains_key(&key(known)), "{known}");
        }
    }
}
