//! Attempts that end by themselves: by the clock, or with the host that ran them.

use super::*;
use refrain_core::failure::Failure;

impl Inner {
    pub(crate) fn activity_due(self: &Arc<Inner>, run: &RunKey, scheduled: EventId) {
        if self.activities.lock().tasks.contains_key(&(run.run, scheduled)) {
            self.due_loaded(run, scheduled);
            return;
        }
        let run = run.clone();
        self.spawn(|inner| async move {
            match inner.ensure_loaded(&run, scheduled).await {
                // Closed meanwhile.
                Err(EngineError::ActivityNotFound) => {}
                Err(_) => inner.timers.set(
                    &run,
                    What::Activity(scheduled),
                    inner.now().plus(Delay::from_secs(1)),
                ),
                Ok(()) => inner.due_loaded(&run, scheduled),
            }
        });
    }

    fn due_loaded(self: &Arc<Inner>, run: &RunKey, scheduled: EventId) {
        let now = self.now();
        let key = (run.run, scheduled);
        let mut state = self.activities.lock();
        let Some(entry) = state.tasks.get_mut(&key) else { return };
        if entry.busy != Busy::No {
            drop(state);
            self.look_again(run, scheduled);
            return;
        }
        match entry.task.on_due(now) {
            Due::Never => {}
            Due::Later(at) => {
                drop(state);
                self.timers.set(run, What::Activity(scheduled), at);
            }
            Due::Dispatch => {
                let task = entry.task.clone();
                let queue_key = queue_of(&task);
                let queue = state.queues.entry(queue_key.clone()).or_default();
                if task.pass.is_none() {
                    queue.added.count(Level::of(&task.priority()), now);
                }
                state.get_in_line(&self.activities.deployments, key, now);
                drop(state);
                let at = task.due_at(now);
                if at < Timestamp::NEVER {
                    self.timers.set(run, What::Activity(scheduled), at);
                }
                self.match_queue(&queue_key);
            }
            Due::TimedOut(next) => {
                entry.busy = Busy::Ending;
                if let Some(abort) = entry.abort.take() {
                    abort.abort();
                }
                drop(state);
                match next {
                    Next::Retry(task) => self.write_waiting(*task),
                    Next::Close(closed) => self.close_activity(run, closed),
                }
            }
        }
    }

    /// An attempt that this host ran when it stopped is over: nobody runs it any more.
    pub(crate) fn attempt_died_with_host(self: &Arc<Inner>, task: ActivityTask) {
        let message = "the host stopped while it ran this attempt";
        let failure = Failure::host_for_now("HostStopped", message);
        let run = task.run.clone();
        let next = task.on_failed(failure, self.now());
        let entry = Entry { busy: Busy::Ending, ..Entry::new(task) };
        self.activities.lock().tasks.insert(key_of(&entry.task), entry);
        match next {
            Next::Retry(task) => self.write_waiting(*task),
            Next::Close(closed) => self.close_activity(&run, closed),
        }
    }
}
