//! Attempts that this host runs itself: WASM activities.

use crate::activities::HOST_WORKER;
use crate::api::{ActivityRef, AttemptResult};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::programs::{ActivityProgram, Heartbeats};
use refrain_core::attempt::{ActivityTask, Heartbeat};
use refrain_core::failure::Failure;
use refrain_core::guest::GuestError;
use refrain_core::ids::Digest;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::task::AbortHandle;

/// A result that can't be stored is offered again after this.
const OFFER_AGAIN: Duration = Duration::from_secs(1);

/// Components of activities that are ready to run.
#[derive(Default)]
pub(crate) struct LoadedActivities {
    by_digest: Mutex<HashMap<Digest, Arc<dyn ActivityProgram>>>,
}

impl LoadedActivities {
    fn get(&self, digest: Digest) -> Option<Arc<dyn ActivityProgram>> {
        let by_digest = self.by_digest.lock().unwrap_or_else(PoisonError::into_inner);
        by_digest.get(&digest).cloned()
    }
}

impl Inner {
    pub(crate) fn spawn_attempt(
        self: &Arc<Inner>,
        digest: Digest,
        task: ActivityTask,
    ) -> AbortHandle {
        let inner = Arc::clone(self);
        // Also when the attempt is aborted: the slot is free again.
        let slot = Slot(Arc::clone(self));
        tokio::spawn(async move {
            let _slot = slot;
            inner.attempt(digest, task).await;
        })
        .abort_handle()
    }

    async fn attempt(self: &Arc<Inner>, digest: Digest, task: ActivityTask) {
        let activity =
            ActivityRef { run: task.run.clone(), scheduled: task.scheduled, attempt: task.attempt };
        let result = match self.activity_program(digest).await {
            Ok(program) => {
                let namespace = self.namespaces.name_of(task.run.execution.namespace);
                let heartbeats = Beats { inner: Arc::clone(self), activity: activity.clone() };
                program.execute(namespace, task, Arc::new(heartbeats)).await
            }
            Err(error) => Err(Failure::host("ActivityNotLoaded", error.to_string())),
        };
        let result = match result {
            Ok(result) => AttemptResult::Completed(result),
            Err(failure) => {
                let failure = Box::new(failure);
                AttemptResult::Failed { failure, last_heartbeat: None }
            }
        };
        // The work is done: only its own end may take the result away again.
        loop {
            match self.finish_activity(activity.clone(), result.clone()).await {
                Ok(()) | Err(EngineError::ActivityNotFound | EngineError::ShuttingDown) => return,
                Err(error) => {
                    tracing::warn!(worker = HOST_WORKER, run = %activity.run, %error, "activity result not stored yet");
                    tokio::time::sleep(OFFER_AGAIN).await;
                }
            }
        }
    }

    async fn activity_program(
        &self,
        digest: Digest,
    ) -> Result<Arc<dyn ActivityProgram>, GuestError> {
        if let Some(program) = self.loaded_activities.get(digest) {
            return Ok(program);
        }
        let bytes = self.component_bytes(digest).await?;
        let programs = Arc::clone(&self.programs);
        let loaded =
            tokio::task::spawn_blocking(move || programs.load_activities(digest, bytes)).await;
        let program = loaded
            .unwrap_or_else(|panic| Err(crate::loader::not_instantiated(panic.to_string())))?;
        let by_digest = &self.loaded_activities.by_digest;
        by_digest
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(digest, Arc::clone(&program));
        Ok(program)
    }
}

struct Slot(Arc<Inner>);

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.host_slot_free();
    }
}

struct Beats {
    inner: Arc<Inner>,
    activity: ActivityRef,
}

impl Heartbeats for Beats {
    fn beat(&self, heartbeat: Heartbeat) -> bool {
        let (inner, activity) = (Arc::clone(&self.inner), self.activity.clone());
        let stop = inner.activities.cancel_requested(activity.run.run, activity.scheduled);
        tokio::spawn(async move {
            // A heartbeat that is lost is followed by another.
            let _ = inner.heartbeat_activity(activity, heartbeat.details).await;
        });
        stop
    }
}
