//! A run as it is now, beside its history.

use super::{Engine, RunRow, Target};
use crate::error::EngineError;
use refrain_core::attempt::ActivityTask;
use refrain_core::ids::{EventId, NamespaceId, RunId, RunKey};
use refrain_core::machines::clock::Clock;
use refrain_core::machines::execution;
use refrain_core::payload::Payload;
use refrain_core::reset::FirstTaskOn;
use refrain_core::time::Timestamp;
use refrain_store::PendingChild;
use std::collections::BTreeMap;
use std::sync::Arc;

/// All of a run that is not in its history.
#[derive(Clone, Debug, PartialEq)]
pub struct Description {
    pub row: RunRow,
    pub started: Arc<execution::Started>,
    pub pending_activities: Vec<ActivityTask>,
    /// By the events that initiated them.
    pub pending_children: Vec<PendingChild>,
    pub published: BTreeMap<String, Payload>,
    /// Of a run that is paused.
    pub pause: Option<Pause>,
    /// When the run began whose history it begins with: earlier than its own start if it was reset.
    pub original_start: Timestamp,
    /// The run that it was reset to last.
    pub reset_to: Option<RunId>,
    pub reset_points: Vec<FirstTaskOn>,
    /// Requests to start that found it, with the events that say so.
    pub found_by: BTreeMap<String, EventId>,
    /// Of its own, if time was ever to be skipped or it began with another run's.
    pub clock: Option<Clock>,
}

/// Who paused a run, when and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pause {
    pub event: EventId,
    pub at: Timestamp,
    pub identity: String,
    pub reason: String,
}

impl Engine {
    /// What kinds of activities are paused, of those of these runs that have any.
    pub async fn paused_activity_types(
        &self,
        namespace: NamespaceId,
        runs: &[RunRow],
    ) -> Result<BTreeMap<RunId, Vec<String>>, EngineError> {
        self.inner.paused_activity_types(namespace, runs).await
    }

    /// As it stands now. `None`: the run's clock is the host's.
    pub async fn own_clock(&self, run: &RunKey) -> Result<Option<Clock>, EngineError> {
        let target = Target::of(run);
        let row = self.inner.row(&target).await?;
        match self.inner.started(run.run).await? {
            Some(started) => self.inner.own_clock(&row, &started).await,
            None => Err(crate::reads::not_found(&target)),
        }
    }
}
