//! What workers say of their attempts.

use super::*;
use refrain_core::arrival::ActivityOutcome;

impl Inner {
    pub(crate) async fn finish_activity(
        self: &Arc<Inner>,
        activity: ActivityRef,
        result: AttemptResult,
    ) -> Result<(), EngineError> {
        self.ensure_loaded(&activity.run, activity.scheduled).await?;
        let key = (activity.run.run, activity.scheduled);
        self.until_tuned(key).await;
        let now = self.now();
        let outside = match &result {
            AttemptResult::CompletedOutside { identity, .. } => Some(identity.clone()),
            AttemptResult::Completed(_)
            | AttemptResult::Canceled(_)
            | AttemptResult::Failed { .. } => None,
        };
        let next = {
            let mut state = self.activities.lock();
            let entry = state.current_attempt(&activity, outside.is_some())?;
            if matches!(result, AttemptResult::Canceled(_)) && !entry.task.cancel_requested {
                return Err(EngineError::CancelNotRequested);
            }
            entry.busy = Busy::Ending;
            match result {
                AttemptResult::Completed(result) => Next::Close(entry.task.on_completed(result)),
                AttemptResult::CompletedOutside { result, identity } => {
                    Next::Close(entry.task.on_completed_outside(result, &identity, now))
                }
                AttemptResult::Canceled(details) => Next::Close(entry.task.on_canceled(details)),
                AttemptResult::Failed { failure, last_heartbeat } => {
                    if let Some(details) = last_heartbeat {
                        entry.task.heartbeat = Some(Heartbeat { at: now, details });
                    }
                    entry.task.on_failed(*failure, now)
                }
            }
        };
        let mut ending = Ending { inner: Arc::clone(self), key, armed: true };
        match next {
            Next::Retry(task) => {
                let task = self.activities.placed(*task, now);
                let writes = vec![Write::activity(&task, now)];
                // Also if the worker does not wait for the answer: the row must not stay busy.
                let then = move |inner: &Arc<Inner>, written: bool| {
                    if written {
                        ending.armed = false;
                        inner.waits(task);
                    }
                    drop(ending);
                };
                self.written(writes, then).await
            }
            Next::Close(closed) if activity.run.execution.workflow.is_empty() => {
                // From here on the end itself sees to it.
                ending.armed = false;
                let end = match (closed.outcome, outside) {
                    (ActivityOutcome::Completed { result }, Some(identity)) => {
                        End::Outside { result, identity }
                    }
                    (outcome, _) => End::Attempts(Box::new(outcome)),
                };
                self.end_standalone(&activity.run, end).await
            }
            Next::Close(closed) => {
                let run = Some(activity.run.run);
                let arrival = Arrival::ActivityClosed(closed);
                let answer = self
                    .ask(&activity.run.execution, |reply| Letter::Deliver {
                        run,
                        chain: None,
                        arrival,
                        reply: Some(reply),
                    })
                    .await;
                match answer {
                    Ok(_) => Ok(()),
                    Err(
                        EngineError::Refused(Refused::ActivityNotPending | Refused::RunClosed)
                        | EngineError::WorkflowNotFound { .. },
                    ) => {
                        self.activities.remove(key.0, key.1);
                        Err(EngineError::ActivityNotFound)
                    }
                    Err(error) => Err(error),
                }
            }
        }
    }

    pub(crate) async fn heartbeat_activity(
        self: &Arc<Inner>,
        activity: ActivityRef,
        details: Payloads,
    ) -> Result<HeartbeatReply, EngineError> {
        self.ensure_loaded(&activity.run, activity.scheduled).await?;
        self.until_tuned((activity.run.run, activity.scheduled)).await;
        let (write, task) = {
            let mut state = self.activities.lock();
            let now = self.now();
            let entry = state.current_attempt(&activity, false)?;
            entry.task.heartbeat = Some(Heartbeat { at: now, details });
            (Write::activity(&entry.task, self.now()), entry.task.clone())
        };
        self.watch_deadline(&task);
        self.written(vec![write], |_, _| {}).await?;
        self.standalone_changed(&task.run);
        Ok(reply_of(&task))
    }

    /// Memory knows only what is in motion; after a restart that is nothing.
    pub(super) async fn ensure_loaded(
        &self,
        run: &RunKey,
        scheduled: EventId,
    ) -> Result<(), EngineError> {
        self.ensure_task((run.run, scheduled)).await
    }

    pub(super) async fn ensure_task(&self, key: TaskKey) -> Result<(), EngineError> {
        if self.activities.lock().tasks.contains_key(&key) {
            return Ok(());
        }
        let _reading = self.activities.reads();
        let row = self.store.activity(key.0, key.1).await;
        let row = row.map_err(|error| EngineError::StoreUnavailable(error.to_string()))?;
        let Some(task) = row else { return Err(EngineError::ActivityNotFound) };
        let mut state = self.activities.lock();
        if state.closings.has(key) {
            return Err(EngineError::ActivityNotFound);
        }
        state.tasks.entry(key).or_insert_with(|| Entry::new(task));
        Ok(())
    }
}

impl State {
    /// `may_wait`: for those who do not need an attempt that is under way.
    fn current_attempt(
        &mut self,
        activity: &ActivityRef,
        may_wait: bool,
    ) -> Result<&mut Entry, EngineError> {
        let key = (activity.run.run, activity.scheduled);
        match self.tasks.get_mut(&key) {
            Some(entry)
                if entry.busy == Busy::No
                    && (may_wait || entry.task.is_started())
                    && entry.task.stamp == activity.stamp =>
            {
                Ok(entry)
            }
            Some(_) | None => Err(EngineError::ActivityNotFound),
        }
    }
}

/// If an outcome did not get through, the attempt is open for another word on it.
struct Ending {
    inner: Arc<Inner>,
    key: TaskKey,
    armed: bool,
}

impl Drop for Ending {
    fn drop(&mut self) {
        if self.armed
            && let Some(entry) = self.inner.activities.lock().tasks.get_mut(&self.key)
            && entry.busy == Busy::Ending
        {
            entry.busy = Busy::No;
        }
    }
}
