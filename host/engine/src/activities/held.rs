//! Activities of paused runs: what is under way goes on, nothing new begins.
//!
//! A held task keeps its row and loses its place in the queue; the end of the pause puts it back. Its
//! timeouts go on.

use super::backlog::READ_AGAIN;
use super::*;

impl Activities {
    /// What the last host left.
    pub(crate) fn hold(&self, runs: Vec<RunId>) {
        self.lock().held.extend(runs);
    }
}

impl Inner {
    /// After each commit of a run: is it paused now?
    pub(crate) fn hold_or_release(self: &Arc<Inner>, run: &RunKey, paused: bool) {
        let mut state = self.activities.lock();
        if paused {
            state.held.insert(run.run);
            return;
        }
        let released = !state.held.is_empty() && state.held.remove(&run.run);
        drop(state);
        if released {
            self.queue_again(run.clone());
        }
    }

    fn queue_again(self: &Arc<Inner>, run: RunKey) {
        self.spawn(|inner| async move {
            loop {
                let reading = inner.activities.reads();
                let error = match inner.store.activities_of_run(run.run).await {
                    Ok(rows) => break rows.into_iter().for_each(|it| inner.queue_row_again(it)),
                    Err(error) => error,
                };
                drop(reading);
                tracing::error!(%run, error = &error as &dyn std::error::Error, "activities can't be read");
                tokio::select! {
                    () = tokio::time::sleep(READ_AGAIN) => {}
                    // The next host finds them in line.
                    () = inner.shutting_down() => break,
                }
            }
        });
    }

    fn queue_row_again(self: &Arc<Inner>, row: ActivityTask) {
        let (key, queue_key) = (key_of(&row), queue_of(&row));
        let mut state = self.activities.lock();
        if state.held.contains(&key.0) || state.closings.has(key) {
            return;
        }
        let entry = state.tasks.entry(key).or_insert_with(|| Entry::new(row));
        if entry.busy != Busy::No {
            return;
        }
        state.get_in_line(&self.activities.deployments, key, self.now());
        drop(state);
        self.match_queue(&queue_key);
    }
}
