//! Workers that wait for a task.

use super::*;

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
            let queue = state.queues.entry(queue_key.clone()).or_default();
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
