//! Attempts that this host runs itself: WASM activities.

use crate::activities::HOST_WORKER;
use crate::api::{ActivityRef, AttemptResult, HeartbeatReply};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::programs::{ActivityProgram, Heartbeats, execute};
use refrain_core::attempt::{ActivityTask, Heartbeat};
use refrain_core::failure::Failure;
use refrain_core::guest::GuestError;
use refrain_core::ids::Digest;
use refrain_core::payload::Payloads;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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

    /// The component is gone. Attempts that run it go on.
    pub(crate) fn forget(&self, digest: Digest) {
        self.by_digest.lock().unwrap_or_else(PoisonError::into_inner).remove(&digest);
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
            ActivityRef { run: task.run.clone(), scheduled: task.scheduled, stamp: task.stamp };
        let beats = Arc::new(Beats {
            inner: Arc::clone(self),
            activity: activity.clone(),
            told: Mutex::default(),
        });
        let result = match self.activity_program(digest).await {
            Ok(program) => {
                let namespace = self.namespaces.name_of(task.run.execution.namespace);
                let beats = Arc::clone(&beats) as Arc<dyn Heartbeats>;
                execute(program, namespace, task, beats).await
            }
            Err(error) => Err(Failure::host("ActivityNotLoaded", error.to_string())),
        };
        let result = match result {
            Ok(result) => AttemptResult::Completed(result),
            Err(failure) => self.attempt_failed(&activity, failure, beats.last()),
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

    /// A program that stopped because it was told to has not failed by itself.
    fn attempt_failed(
        &self,
        activity: &ActivityRef,
        failure: Failure,
        last_heartbeat: Option<Payloads>,
    ) -> AttemptResult {
        let asked = self.activities.heartbeat_reply(activity.run.run, activity.scheduled);
        let again = |error_type: &str, why: &str| {
            Failure::host_for_now(error_type, format!("the activity stopped: {why}"))
        };
        let failure = match (failure.cancellation(), asked) {
            (Some(details), Some(HeartbeatReply { cancel_requested: true, .. })) => {
                return AttemptResult::Canceled(details.clone());
            }
            (Some(_), Some(HeartbeatReply { reset: true, .. })) => {
                again("ActivityReset", "it begins again")
            }
            (Some(_), Some(HeartbeatReply { paused: true, .. })) => {
                again("ActivityPause", "it is paused")
            }
            (Some(_), Some(_) | None) | (None, _) => failure,
        };
        AttemptResult::Failed { failure: Box::new(failure), last_heartbeat }
    }

    pub(crate) async fn activity_program(
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

/// Heartbeats of one attempt. They are written one after the other; of those that come while one
/// is being written, the last.
struct Beats {
    inner: Arc<Inner>,
    activity: ActivityRef,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    last: Option<Payloads>,
    unwritten: bool,
    writing: bool,
}

impl Beats {
    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> Option<Payloads> {
        self.told().last.clone()
    }

    async fn write(inner: Arc<Inner>, beats: Arc<Beats>) {
        loop {
            let details = {
                let mut told = beats.told();
                match told.last.clone().filter(|_| told.unwritten) {
                    Some(details) => {
                        told.unwritten = false;
                        details
                    }
                    None => {
                        told.writing = false;
                        return;
                    }
                }
            };
            // A heartbeat that is lost is followed by another, or by the end of the attempt.
            let _ = inner.heartbeat_activity(beats.activity.clone(), details).await;
        }
    }
}

impl Heartbeats for Beats {
    fn beat(self: Arc<Self>, heartbeat: Heartbeat) -> bool {
        let begin = {
            let mut told = self.told();
            told.last = Some(heartbeat.details);
            told.unwritten = true;
            !std::mem::replace(&mut told.writing, true)
        };
        let asked =
            self.inner.activities.heartbeat_reply(self.activity.run.run, self.activity.scheduled);
        if begin {
            tokio::spawn(Beats::write(Arc::clone(&self.inner), self));
        }
        asked.is_none_or(HeartbeatReply::stop)
    }
}
