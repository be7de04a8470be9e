//! What activities without a workflow need of the matching.

use super::*;
use refrain_core::standalone::SCHEDULED;
use std::time::Duration;

/// A row that is being written is looked at again after this. A commit takes about as long.
const WRITTEN_AFTER: Duration = Duration::from_millis(2);

impl Activities {
    pub(crate) fn task(&self, run: RunId, scheduled: EventId) -> Option<ActivityTask> {
        self.lock().tasks.get(&(run, scheduled)).map(|it| it.task.clone())
    }
}

impl Inner {
    pub(crate) fn standalone_added(self: &Arc<Inner>, task: ActivityTask) {
        self.activity_added(task, &mut Reserved::default());
    }

    /// Waits until nothing of the row is being written, and marks it.
    async fn mark(
        self: &Arc<Inner>,
        run: &RunKey,
        busy: Busy,
        change: impl Fn(&mut ActivityTask),
    ) -> Result<ActivityTask, EngineError> {
        let key = (run.run, SCHEDULED);
        loop {
            self.ensure_loaded(run, SCHEDULED).await?;
            if let Some(entry) = self.activities.lock().tasks.get_mut(&key)
                && entry.busy == Busy::No
            {
                entry.busy = busy;
                change(&mut entry.task);
                return Ok(entry.task.clone());
            }
            tokio::time::sleep(WRITTEN_AFTER).await;
        }
    }

    pub(crate) async fn begin_end(self: &Arc<Inner>, run: &RunKey) -> Result<(), EngineError> {
        self.mark(run, Busy::Ending, |_| {}).await.map(drop)
    }

    /// The row as it is to be written.
    pub(crate) async fn ask_to_cancel(
        self: &Arc<Inner>,
        run: &RunKey,
    ) -> Result<ActivityTask, EngineError> {
        self.mark(run, Busy::Tuning, |task| task.cancel_requested = true).await
    }

    /// The wish to cancel is written, or could not be.
    pub(crate) fn canceling(self: &Arc<Inner>, run: &RunKey, written: bool) {
        let key = (run.run, SCHEDULED);
        if let Some(entry) = self.activities.lock().tasks.get_mut(&key) {
            entry.busy = Busy::No;
            entry.task.cancel_requested = written;
        }
        if written {
            self.pass_on_cancel(key);
        }
    }

    /// Its end could not be written: it is looked at again.
    pub(crate) fn end_failed(self: &Arc<Inner>, run: &RunKey) {
        let key = (run.run, SCHEDULED);
        if let Some(entry) = self.activities.lock().tasks.get_mut(&key) {
            entry.busy = Busy::No;
        }
        self.look_again(run, SCHEDULED);
        self.pass_on_cancel(key);
    }
}
