//! Activities without a workflow.

use super::Engine;
use crate::error::EngineError;
use crate::start::unavailable;
use refrain_core::attempt::{ActivityTask, Tuning};
use refrain_core::ids::{NamespaceId, RunId};
use refrain_core::machines::activity::Scheduled;
use refrain_core::options::{IdConflictPolicy, IdReusePolicy};
use refrain_core::payload::{Payload, PayloadMap};
use refrain_core::search::{Condition, Typed};
use refrain_core::spread::fingerprint;
use refrain_core::standalone::{Cancel, Execution, SCHEDULED};
use refrain_core::time::Delay;
use refrain_store::{ListPlace, StandaloneCounts};

/// One as a client names it.
#[derive(Clone, Debug, PartialEq)]
pub struct StandaloneRef {
    pub namespace: NamespaceId,
    pub activity_id: String,
    /// `None`: the latest.
    pub run: Option<RunId>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct NewStandalone {
    pub namespace: NamespaceId,
    pub options: Box<Scheduled>,
    pub request_id: String,
    pub details: Option<Payload>,
    pub search_attributes: PayloadMap,
    /// Before the first attempt.
    pub delay: Delay,
    pub reuse: IdReusePolicy,
    pub conflict: IdConflictPolicy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StandaloneReply {
    pub run: RunId,
    /// False: it was there already, and it was not this request that began it.
    pub started: bool,
}

/// As it is now, its attempts included.
#[derive(Clone, Debug, PartialEq)]
pub struct StandaloneView(pub Execution);

impl StandaloneView {
    /// Another one for each state.
    pub fn stamp(&self) -> u64 {
        fingerprint(format!("{:?}", self.0).bytes())
    }
}

impl Engine {
    /// Errors: one of this id is there, and the policies do not allow another.
    pub async fn start_standalone(
        &self,
        new: NewStandalone,
    ) -> Result<StandaloneReply, EngineError> {
        self.inner.start_standalone(new).await
    }

    pub async fn standalone(&self, target: &StandaloneRef) -> Result<StandaloneView, EngineError> {
        self.inner.standalone(target).await
    }

    /// Returns when it is closed, or when `patience` is over: then as it is.
    pub async fn standalone_end(
        &self,
        target: &StandaloneRef,
        patience: Delay,
    ) -> Result<StandaloneView, EngineError> {
        self.inner.standalone_when(target, patience, |it| it.0.closed.is_some()).await
    }

    /// Returns when its [`StandaloneView::stamp`] is not `seen`, or when `patience` is over.
    pub async fn standalone_change(
        &self,
        target: &StandaloneRef,
        seen: u64,
        patience: Delay,
    ) -> Result<StandaloneView, EngineError> {
        self.inner.standalone_when(target, patience, |it| it.stamp() != seen).await
    }

    /// Asked twice is asked once. One that no worker has is closed when this returns. Errors: it is closed.
    pub async fn cancel_standalone(
        &self,
        target: &StandaloneRef,
        reason: String,
        identity: String,
    ) -> Result<(), EngineError> {
        self.inner.cancel_standalone(target, Cancel { reason, identity }).await
    }

    /// Errors: it is closed.
    pub async fn terminate_standalone(
        &self,
        target: &StandaloneRef,
        reason: String,
        identity: String,
    ) -> Result<(), EngineError> {
        self.inner.terminate_standalone(target, reason, identity).await
    }

    pub async fn delete_standalone(&self, target: &StandaloneRef) -> Result<(), EngineError> {
        self.inner.delete_standalone(target).await
    }

    /// As [`Engine::tune_activities`], of one without a workflow.
    pub async fn tune_standalone(
        &self,
        target: &StandaloneRef,
        tuning: &Tuning,
    ) -> Result<ActivityTask, EngineError> {
        let run = self.standalone(target).await?.0.task.run;
        let tuned = self.inner.tune_activity(&run, SCHEDULED, tuning).await;
        tuned.map_err(|error| match error {
            EngineError::ActivityNotFound => EngineError::StandaloneClosed,
            other => other,
        })
    }

    /// What a filter asks of activities without a workflow. Errors: the words for what is wrong with it.
    pub fn standalone_filter(&self, namespace: NamespaceId, text: &str) -> Result<Typed, String> {
        self.inner.standalone_filter(namespace, text)
    }

    /// Newest start first. `after`: where the page before ended.
    pub async fn list_standalone(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<ListPlace>,
        n_max: u32,
    ) -> Result<Vec<Execution>, EngineError> {
        let found = self.inner.store.list_standalone(namespace, filter, after, n_max);
        found.await.map_err(unavailable)
    }

    pub async fn count_standalone(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<StandaloneCounts, EngineError> {
        self.inner.store.count_standalone(namespace, filter).await.map_err(unavailable)
    }
}
