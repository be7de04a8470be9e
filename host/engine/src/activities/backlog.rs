//! Waiting tasks that memory does not have, from the store.

use super::*;

impl Inner {
    /// Brings waiting tasks from the store that memory does not have.
    pub(super) fn load_backlog(self: &Arc<Inner>, queue_key: QueueKey) {
        let inner = Arc::clone(self);
        self.motion.begin();
        tokio::spawn(async move {
            let mut after = None;
            loop {
                let (namespace, name) = &queue_key;
                let page = inner
                    .store
                    .activities_waiting(*namespace, name, after.as_ref(), BACKLOG_PAGE)
                    .await;
                let page = match page {
                    Ok(page) => page,
                    Err(error) => {
                        tracing::error!(
                            error = &error as &dyn std::error::Error,
                            "backlog can't be read"
                        );
                        break;
                    }
                };
                let more = page.len() == BACKLOG_PAGE as usize;
                let mut state = inner.activities.lock();
                let mut full = false;
                for task in &page {
                    let key = key_of(task);
                    let queue = state.queues.entry(queue_key.clone()).or_default();
                    full = queue.waiting.len() >= WAITING_IN_MEMORY_MAX;
                    if full {
                        break;
                    }
                    // Backing off: its time brings it. Paused: an operator does.
                    if task.is_ready(inner.now()) && !state.tasks.contains_key(&key) {
                        let entry = Entry { task: task.clone(), busy: Busy::No, abort: None };
                        state.tasks.insert(key, entry);
                        if let Some(queue) = state.queues.get_mut(&queue_key) {
                            queue.waiting.push_back(key);
                        }
                    }
                }
                if let Some(queue) = state.queues.get_mut(&queue_key) {
                    queue.more_in_store = more || full;
                }
                if full || !more {
                    break;
                }
                after = page.last().cloned();
            }
            if let Some(queue) = inner.activities.lock().queues.get_mut(&queue_key) {
                queue.loading = false;
            }
            inner.match_queue(&queue_key);
            inner.motion.end();
        });
    }
}
