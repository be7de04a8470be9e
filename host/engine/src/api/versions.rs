//! Versions of queues: how they stand, what is kept for them, and would open runs go on elsewhere?

use super::{Engine, Target};
use crate::error::EngineError;
use refrain_core::deployment::{Change, Share};
use refrain_core::ids::{Digest, EventId, NamespaceId, RunKey};
use refrain_core::options::{OptionsChange, RunOptions};
use refrain_store::{ComponentMeta, Deployment, Queue};
use tokio::sync::watch;

/// How a version of a queue stands.
#[derive(Clone, Debug, PartialEq)]
pub struct VersionState {
    pub row: Deployment,
    pub stage: Stage,
    /// Runs that are pinned to it and not closed.
    pub n_open: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Current,
    /// Takes a share of the new runs.
    Ramping(Share),
    /// Takes no new runs, and has open ones.
    Draining,
    Drained,
}

/// A component, and what it is kept for. Nothing: it goes with the next sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct ComponentState {
    pub meta: ComponentMeta,
    pub kept: Vec<Kept>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is current in this queue.
    Current(String),
    Ramping(String, Share),
    /// A rollback would go back to it.
    Previous(String),
    OpenRuns(u64),
    /// Of runs that are not deleted yet.
    ClosedRuns,
    /// It was uploaded just now.
    Young,
}

/// Would the open runs of the queue go on with this component?
#[derive(Clone, Debug, PartialEq)]
pub struct CheckRequest {
    pub namespace: NamespaceId,
    pub task_queue: String,
    pub component: Digest,
    /// At most so many runs of each workflow type. `None`: all.
    pub sample: Option<u32>,
}

/// How far a check or a move is, and what it found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ReplayReport {
    /// Open runs of the queue that were on other components when it began.
    pub n_open: u64,
    pub n_checked: u64,
    /// Those that fit; in a move, those that are on the new component now.
    pub n_fit: u64,
    pub n_unfit: u64,
    pub findings: Vec<Finding>,
    /// Of those that do not fit, the ones that no finding counts: there were too many.
    pub n_untold: u64,
    /// Why it is not about all of them.
    pub failed: Option<EngineError>,
    pub done: bool,
}

/// One way in which runs do not fit, and the runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    pub workflow_type: String,
    /// What the runs are pinned to.
    pub component: Digest,
    /// Of the page that explains it.
    pub code: &'static str,
    /// Where in history. `None`: the guest broke, and `message` says how.
    pub at: Option<EventId>,
    pub recorded: Option<String>,
    pub asked: Option<String>,
    pub message: String,
    pub n_runs: u64,
    /// The first of them.
    pub runs: Vec<RunKey>,
}

/// A change of a run's options, and the component that it moves to by them.
#[derive(Clone, Debug)]
pub(crate) struct OptionsRequest {
    pub(crate) change: Box<OptionsChange>,
    pub(crate) identity: String,
    pub(crate) component: Option<Digest>,
    /// The options are changed also if it does not fit.
    pub(crate) may_stay: bool,
}

impl Engine {
    /// Changes what is given of a run's options; returns all of them. By them the run may move to
    /// another component.
    ///
    /// Errors: the run is not open, the version is none of its queue's, or the run does not fit it.
    /// Then nothing has changed.
    pub async fn update_options(
        &self,
        target: &Target,
        change: OptionsChange,
        identity: String,
    ) -> Result<RunOptions, EngineError> {
        self.inner.update_options(target, change, identity).await
    }

    /// Makes a component current in a queue, lets it ramp, or goes back. Returns all versions of
    /// the queue as they are then, oldest first.
    pub async fn change_deployment(
        &self,
        queue: &Queue,
        change: Change,
        name: &str,
    ) -> Result<Vec<Deployment>, EngineError> {
        self.inner.change_deployment(queue, change, name).await
    }

    /// All versions that serve a queue or did, by queue, newest first.
    pub async fn versions(&self, namespace: NamespaceId) -> Result<Vec<VersionState>, EngineError> {
        self.inner.versions(namespace).await
    }

    /// All components, and what each is kept for.
    pub async fn kept_components(
        &self,
        namespace: NamespaceId,
    ) -> Result<Vec<ComponentState>, EngineError> {
        self.inner.kept_components(namespace).await
    }

    /// Takes components away that nothing needs. The engine does it by itself as well.
    pub async fn collect_components(&self) -> Result<usize, EngineError> {
        self.inner.collect_components().await
    }

    /// Replays open runs of a queue against another component; changes nothing. The last report
    /// is `done`. Dropping the receiver ends the check.
    pub async fn check_replay(
        &self,
        request: CheckRequest,
    ) -> Result<watch::Receiver<ReplayReport>, EngineError> {
        self.inner.check_replay(request).await
    }

    /// Moves the open runs of a queue that fit to another component; `sample` is not looked at.
    pub async fn move_runs(
        &self,
        request: CheckRequest,
    ) -> Result<watch::Receiver<ReplayReport>, EngineError> {
        self.inner.move_runs(CheckRequest { sample: None, ..request }).await
    }
}
