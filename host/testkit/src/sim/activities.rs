//! Activities of the workflow that the line is about, and their workers.

use super::*;

impl Sim {
    /// The oldest pending one of a type, of the latest run.
    pub(super) async fn activity(&self, kind: &str) -> Result<Option<ActivityTask>, EngineError> {
        let pending = self.describe(None).await?.pending_activities;
        let of_kind = pending.into_iter().filter(|it| it.options.activity_type == kind);
        Ok(of_kind.min_by_key(|it| it.scheduled))
    }

    pub(super) async fn started(&self, kind: &str) -> Result<ActivityRef, EngineError> {
        match self.activity(kind).await? {
            Some(task) if task.is_started() => Ok(ref_of(task)),
            Some(_) | None => Err(EngineError::ActivityNotFound),
        }
    }

    pub(super) async fn take(&mut self, kind: &str, worker: &str) -> Result<(), EngineError> {
        let now = self.clock.now();
        let paused = self.describe(None).await?.row.status.is_paused();
        let ready = self.activity(kind).await?.filter(|task| task.is_ready(now) && !paused);
        let Some(ready) = ready else {
            self.note("nothing to take");
            return Ok(());
        };
        let queue = ready.options.task_queue.clone();
        let patience = Delay(PATIENCE.as_millis() as u64);
        let taken = self
            .engine
            .poll_activity(self.namespace, &queue, SeenPoller::new(worker, None, ""), patience)
            .await?;
        let taken = taken.expect("an activity that waits is handed out");
        assert_eq!(
            (taken.scheduled, taken.attempt),
            (ready.scheduled, ready.attempt),
            "the script takes another activity than the one that is next in its queue"
        );
        Ok(())
    }

    pub(super) async fn finish(
        &mut self,
        kind: &str,
        result: AttemptResult,
    ) -> Result<(), EngineError> {
        let task = self.started(kind).await?;
        self.engine.finish_activity(task, result).await
    }
}

pub(super) fn ref_of(task: ActivityTask) -> ActivityRef {
    ActivityRef { run: task.run, scheduled: task.scheduled, stamp: task.stamp }
}
