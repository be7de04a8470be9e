//! What operators do to activities that are not closed.

use super::*;
use crate::api::{Target, WhichActivities};
use refrain_core::attempt::{TuneError, Tuning};
use std::time::Duration;

/// A row that is being written is looked at again after this. A commit takes about as long.
const WRITTEN_AFTER: Duration = Duration::from_millis(2);

impl Inner {
    pub(crate) async fn tune_activities(
        self: &Arc<Inner>,
        target: &Target,
        which: &WhichActivities,
        tuning: &Tuning,
    ) -> Result<Vec<ActivityTask>, EngineError> {
        let pending = self.open_activities(target).await?.into_iter();
        let meant: Vec<_> = pending.filter(|it| is_meant(which, it)).collect();
        if meant.is_empty() {
            return Err(EngineError::PendingActivityNotFound);
        }
        let mut tuned = Vec::with_capacity(meant.len());
        for task in meant {
            match self.tune_activity(&task.run, task.scheduled, tuning).await {
                Ok(task) => tuned.push(task),
                // Closed just now. That is an error only if there was no other.
                Err(EngineError::ActivityNotFound) => {}
                Err(error) => return Err(error),
            }
        }
        match tuned.is_empty() {
            true => Err(EngineError::PendingActivityNotFound),
            false => Ok(tuned),
        }
    }

    pub(crate) async fn tune_activity(
        self: &Arc<Inner>,
        run: &RunKey,
        scheduled: EventId,
        tuning: &Tuning,
    ) -> Result<ActivityTask, EngineError> {
        self.ensure_loaded(run, scheduled).await?;
        let key = (run.run, scheduled);
        let (before, task) = loop {
            if let Some(changed) = self.begin_tuning(key, tuning)? {
                break changed;
            }
            tokio::time::sleep(WRITTEN_AFTER).await;
        };
        let writes = vec![Write::activity(&task, self.now())];
        let to_write = task.clone();
        // Told whether or not the caller still waits: the row must not stay busy.
        let then = move |inner: &Arc<Inner>, written: bool| {
            inner.tuned(key, if written { to_write } else { before }, written);
        };
        self.written(writes, then).await?;
        Ok(task)
    }

    /// Waits while an operator's change is being written: a worker's word must not get lost to it.
    pub(super) async fn until_tuned(&self, key: TaskKey) {
        let is_tuned =
            |state: &State| state.tasks.get(&key).is_some_and(|entry| entry.busy == Busy::Tuning);
        while is_tuned(&self.activities.lock()) {
            tokio::time::sleep(WRITTEN_AFTER).await;
        }
    }

    /// The row as it was and as it is to be. `None`: it is just being written.
    fn begin_tuning(
        &self,
        key: TaskKey,
        tuning: &Tuning,
    ) -> Result<Option<(ActivityTask, ActivityTask)>, EngineError> {
        let mut state = self.activities.lock();
        let entry = state.tasks.get_mut(&key).ok_or(EngineError::ActivityNotFound)?;
        if entry.busy != Busy::No {
            return Ok(None);
        }
        let tuned = entry.task.tuned(tuning, self.now()).map_err(|error| match error {
            TuneError::AlreadyPaused => EngineError::ActivityAlreadyPaused,
            TuneError::InvalidOptions(_) => EngineError::InvalidArgument(error.to_string()),
        })?;
        entry.busy = Busy::Tuning;
        let (before, mut tuned) = (entry.task.clone(), tuned);
        state.place(&mut tuned, self.now());
        Ok(Some((before, tuned)))
    }

    /// The change is written, or could not be: the activity goes on as `task`.
    fn tuned(self: &Arc<Inner>, key: TaskKey, task: ActivityTask, written: bool) {
        let mut state = self.activities.lock();
        let Some(entry) = state.tasks.get_mut(&key) else { return };
        entry.busy = Busy::No;
        entry.stored = if written { task.pass.is_some() } else { entry.stored };
        entry.task = with_wishes_of(task, &entry.task);
        let task = entry.task.clone();
        let queue_key = queue_of(&task);
        let now = self.now();
        let ready = task.is_ready(now);
        if ready {
            state.get_in_line(&self.activities.deployments, key, now);
        }
        drop(state);
        self.standalone_changed(&task.run);
        self.watch_deadline(&task);
        self.pass_on_cancel(key);
        if ready {
            self.match_queue(&queue_key);
        }
    }
}

fn is_meant(which: &WhichActivities, task: &ActivityTask) -> bool {
    match which {
        WhichActivities::Id(id) => task.options.activity_id == *id,
        WhichActivities::Type(kind) => task.options.activity_type == *kind,
        WhichActivities::All => true,
    }
}
