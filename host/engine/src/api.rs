//! What the engine offers. The server calls nothing else.
//!
//! All answers are promises: they are given after the commit.

use crate::cell::{Letter, With};
use crate::clock::{Clock, SkippingClock};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::programs::Checked;
use refrain_core::arrival::{Accepted, Arrival, Refused};
use refrain_core::attempt::{ActivityTask, Tuning};
use refrain_core::failure::Failure;
use refrain_core::ids::{Digest, EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::limits;
use refrain_core::machines::{execution, signal};
use refrain_core::options::{IdConflictPolicy, IdReusePolicy};
use refrain_core::payload::{Payload, Payloads};
use refrain_core::queue::{QueueConfig, QueueKind};
pub use refrain_core::reset::{AfterReset, FirstTaskOn, Reapply};
use refrain_core::search::{Condition, Kind};
use refrain_core::time::{Delay, Timestamp};
use refrain_store::DoomedRun;
use std::collections::BTreeMap;
use std::sync::Arc;

pub use crate::activities::{Limited, SeenPoller};
pub use crate::schedules::{NewSchedule, ScheduleUpdate, ScheduleView};
pub use crate::task_queues::{QueueState, QueueStats};
pub use crate::updates::{UpdateReply, UpdateStage};
pub use refrain_calendar::schedule::{Patch, ScheduleKey};
pub use refrain_core::updates::UpdateState;
mod batches;
mod description;
mod standalone;
mod target;
pub(crate) mod versions;

pub use description::{Description, Pause};
pub use standalone::{NewStandalone, StandaloneRef, StandaloneReply, StandaloneView};
pub use target::Target;
pub use versions::{
    CheckRequest, ComponentState, Finding, Kept, ReplayReport, Stage, VersionState,
};

pub use refrain_store::BatchRow;
pub use refrain_store::SchedulePlace;
pub use refrain_store::{
    ComponentKind, ComponentMeta, Deployment, HistoryPage, ListPlace, Namespace, NamespaceState,
    PendingChild, Queue, RunCounts, RunRow, SearchAttributes, Status,
};

/// A running engine. Clones are the same engine.
#[derive(Clone)]
pub struct Engine {
    pub(crate) inner: Arc<Inner>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StartRequest {
    pub namespace: NamespaceId,
    /// `original_run` and `first_run` are filled in here.
    pub started: execution::Started,
    pub request_id: String,
    pub reuse: IdReusePolicy,
    pub conflict: IdConflictPolicy,
}

#[derive(Clone, Debug, PartialEq)]
pub struct StartReply {
    pub run: RunId,
    /// The first run of its chain.
    pub first: RunId,
    /// False: the run was there already, and it was not this request that began it.
    pub started: bool,
    pub status: execution::State,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ResetRequest {
    /// The base run.
    pub target: Target,
    /// See [`refrain_core::reset::Reset::at`].
    pub at: EventId,
    pub reason: String,
    pub identity: String,
    pub request_id: String,
    pub reapply: Reapply,
    /// In this order, after what is applied again. Without options the new run is where those it
    /// has say, or where its base is.
    pub after: Vec<AfterReset>,
}

/// How far a run is. For those that wait for its history to grow.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub run: RunKey,
    pub next_event: EventId,
    pub closed: bool,
    /// Bytes of `temporal.api.history.v1.History` whose last event is the closing one. Only those
    /// that waited get them; others read the history.
    pub closing: Option<Arc<[u8]>>,
}

/// One attempt at an activity, as a task token names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ActivityRef {
    pub run: RunKey,
    pub scheduled: EventId,
    /// [`ActivityTask::stamp`] of the attempt.
    pub stamp: u32,
}

/// A worker's word on its attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum AttemptResult {
    Completed(Payloads),
    /// By somebody who is not its worker: also while no attempt is under way.
    CompletedOutside {
        result: Payloads,
        identity: String,
    },
    Failed {
        failure: Box<Failure>,
        last_heartbeat: Option<Payloads>,
    },
    Canceled(Payloads),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HeartbeatReply {
    pub cancel_requested: bool,
    pub paused: bool,
    /// The activity begins again when this attempt is over.
    pub reset: bool,
}

impl HeartbeatReply {
    /// For workers that only know that they should stop.
    pub fn stop(self) -> bool {
        self.cancel_requested || self.paused || self.reset
    }
}

/// Activities of a run, as an operator names them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WhichActivities {
    Id(String),
    Type(String),
    All,
}

/// What can be said of a namespace when it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct NamespaceSettings {
    pub description: String,
    pub owner_email: String,
    /// How long closed runs are kept.
    pub retention: Delay,
    /// Payloads of more bytes are kept beside the histories. `None`: none are.
    pub detach_above: Option<u64>,
    /// What its owners note about it.
    pub data: BTreeMap<String, String>,
}

impl Default for NamespaceSettings {
    fn default() -> NamespaceSettings {
        NamespaceSettings {
            description: String::new(),
            owner_email: String::new(),
            retention: limits::RETENTION,
            detach_above: Some(limits::DETACH_ABOVE as u64),
            data: BTreeMap::new(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub struct Uploaded {
    pub component: Checked,
    pub already_there: bool,
}

impl Engine {
    // ---- workflows

    pub async fn start_workflow(&self, request: StartRequest) -> Result<StartReply, EngineError> {
        self.inner.start_with(request, With::Nothing).await
    }

    /// As [`Engine::start_workflow`]. A run that was there before writes down that this request found it, once
    /// however often it comes.
    pub async fn start_or_attach(&self, request: StartRequest) -> Result<StartReply, EngineError> {
        // Sent again, it must not begin a second run because the first that it found has closed.
        if let Some(reply) = self.inner.closed_that_was_found_by(&request).await? {
            return Ok(reply);
        }
        loop {
            let reply = self.start_workflow(request.clone()).await?;
            if reply.started {
                return Ok(reply);
            }
            let target = Target {
                namespace: request.namespace,
                workflow_id: request.started.workflow_id.clone(),
                run: Some(reply.run),
                chain: None,
            };
            let request_id = request.request_id.clone();
            match self.deliver(target, Arrival::AttachRequest { request_id }).await {
                Ok(_) => return Ok(reply),
                // It has closed meanwhile, and is in nobody's way.
                Err(
                    EngineError::WorkflowNotFound { .. } | EngineError::Refused(Refused::RunClosed),
                ) => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub async fn signal(&self, target: Target, signal: signal::Signal) -> Result<(), EngineError> {
        self.deliver(target, Arrival::Signal(signal)).await.map(drop)
    }

    pub async fn request_cancel(
        &self,
        target: Target,
        cause: String,
        identity: String,
    ) -> Result<(), EngineError> {
        let arrival = Arrival::CancelRequest { cause, identity, from: None };
        self.deliver(target, arrival).await.map(drop)
    }

    pub async fn terminate(
        &self,
        target: Target,
        reason: String,
        details: Payloads,
        identity: String,
    ) -> Result<(), EngineError> {
        let arrival = Arrival::Terminate { reason, details, identity };
        self.deliver(target, arrival).await.map(drop)
    }

    /// Until it is unpaused, what arrives is recorded, but no workflow task runs and no attempt at an
    /// activity begins. Errors: it is paused already.
    pub async fn pause(
        &self,
        target: Target,
        reason: String,
        identity: String,
        request_id: String,
    ) -> Result<(), EngineError> {
        self.deliver(target, Arrival::Pause { reason, identity, request_id }).await.map(drop)
    }

    /// Errors: it is not paused.
    pub async fn unpause(
        &self,
        target: Target,
        reason: String,
        identity: String,
        request_id: String,
    ) -> Result<(), EngineError> {
        self.deliver(target, Arrival::Unpause { reason, identity, request_id }).await.map(drop)
    }

    /// Deletes a run for good: nothing is left when this returns. An open one is terminated first.
    pub async fn delete(&self, target: &Target) -> Result<(), EngineError> {
        let row = self.inner.row(target).await?;
        let run = DoomedRun { key: row.key.clone(), history_bytes: row.history_bytes };
        self.inner.delete_run(run).await
    }

    /// A new run that begins with the history of a run of this workflow id, up to one of its
    /// workflow tasks. The open run, if there is one, is terminated in the same commit.
    ///
    /// Errors: there is no such run or no such task, or the component does not fit what it is to
    /// begin with. Then nothing has changed.
    pub async fn reset(&self, request: ResetRequest) -> Result<StartReply, EngineError> {
        self.inner.reset(request).await
    }

    async fn deliver(&self, target: Target, arrival: Arrival) -> Result<Accepted, EngineError> {
        let key = target.execution();
        let Target { run, chain, .. } = target;
        let letter = |reply| Letter::Deliver { run, chain, arrival, reply: Some(reply) };
        self.inner.ask(&key, letter).await
    }

    /// Asks the guest, which is replayed first if it is not in memory. Works on closed runs too.
    pub async fn query(
        &self,
        target: Target,
        name: String,
        args: Payloads,
    ) -> Result<Payloads, EngineError> {
        let key = target.execution();
        let run = target.run;
        self.inner.ask(&key, |reply| Letter::Query { run, name, args, reply }).await
    }

    /// The run that a target means now, without its history.
    pub async fn run(&self, target: &Target) -> Result<Arc<RunRow>, EngineError> {
        self.inner.row(target).await
    }

    /// Activities that are not closed, of a run that is open.
    pub async fn open_activities(&self, target: &Target) -> Result<Vec<ActivityTask>, EngineError> {
        self.inner.open_activities(target).await
    }

    /// What a run has published, and which run that is.
    pub async fn published(
        &self,
        target: &Target,
    ) -> Result<(RunId, BTreeMap<String, Payload>), EngineError> {
        self.inner.published(target).await
    }

    /// All of a run that is not in its history. Costs that history, if the run is open and not in
    /// memory.
    pub async fn describe(&self, target: &Target) -> Result<Description, EngineError> {
        self.inner.describe(target).await
    }

    /// Who paused the run, when and why. `None`: it is not paused.
    pub async fn pause_of(&self, run: &RunKey) -> Result<Option<Pause>, EngineError> {
        self.inner.pause_of(&*self.inner.row(&Target::of(run)).await?).await
    }

    /// The run that a target means now, and how far it is.
    pub async fn progress(&self, target: &Target) -> Result<Progress, EngineError> {
        self.inner.progress(target).await
    }

    /// Returns when the run has an event with the id `next` or is closed, or when `patience` is
    /// over: then with what is.
    pub async fn wait_for_event(
        &self,
        run: &RunKey,
        next: EventId,
        patience: Delay,
    ) -> Result<Progress, EngineError> {
        self.inner.wait_for_event(run, next, patience).await
    }

    /// At most `n_max` events from `from` on, as bytes of `temporal.api.history.v1.History`.
    pub async fn history(
        &self,
        run: &RunKey,
        from: EventId,
        n_max: usize,
    ) -> Result<HistoryPage, EngineError> {
        self.inner.history(run, from, n_max).await
    }

    /// Newest start first. `after`: where the page before ended.
    pub async fn list(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
        after: Option<ListPlace>,
        n_max: u32,
    ) -> Result<Vec<RunRow>, EngineError> {
        self.inner.list(namespace, filter, after, n_max).await
    }

    pub async fn count(
        &self,
        namespace: NamespaceId,
        filter: &Condition,
    ) -> Result<RunCounts, EngineError> {
        self.inner.count(namespace, filter).await
    }

    // ---- activities

    /// Waits for a task until `patience` is over. Dropping the future gives up the place in the
    /// queue; a task that was on its way goes to the next poller.
    pub async fn poll_activity(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        poller: SeenPoller,
        patience: Delay,
    ) -> Result<Option<ActivityTask>, EngineError> {
        self.inner.poll_activity(namespace, task_queue, poller, patience).await
    }

    pub async fn finish_activity(
        &self,
        activity: ActivityRef,
        result: AttemptResult,
    ) -> Result<(), EngineError> {
        self.inner.finish_activity(activity, result).await
    }

    pub async fn heartbeat_activity(
        &self,
        activity: ActivityRef,
        details: Payloads,
    ) -> Result<HeartbeatReply, EngineError> {
        self.inner.heartbeat_activity(activity, details).await
    }

    /// Changes activities that are not closed: pauses them, begins them again and so on. Returns
    /// them as they are now.
    ///
    /// Errors: `PendingActivityNotFound` if none is meant; those of [`Tuning`], and then nothing
    /// is changed of that activity.
    pub async fn tune_activities(
        &self,
        target: &Target,
        which: &WhichActivities,
        tuning: &Tuning,
    ) -> Result<Vec<ActivityTask>, EngineError> {
        self.inner.tune_activities(target, which, tuning).await
    }

    // ---- namespaces

    pub fn namespace(&self, name: &str) -> Result<Arc<Namespace>, EngineError> {
        self.inner.namespaces.by_name(name)
    }

    pub fn namespaces(&self) -> Vec<Arc<Namespace>> {
        self.inner.namespaces.all()
    }

    pub async fn register_namespace(
        &self,
        name: &str,
        settings: NamespaceSettings,
    ) -> Result<Arc<Namespace>, EngineError> {
        self.inner.register_namespace(name, settings).await
    }

    /// Errors: there is none of this name.
    pub async fn update_namespace(
        &self,
        name: &str,
        change: impl FnOnce(&mut Namespace),
    ) -> Result<Arc<Namespace>, EngineError> {
        self.inner.update_namespace(name, change).await
    }

    /// Returns it under the name that it has until all that was in it is gone.
    pub async fn delete_namespace(&self, name: &str) -> Result<Arc<Namespace>, EngineError> {
        self.inner.delete_namespace(name).await
    }

    // ---- search attributes

    /// The registered ones, and what judges payloads by them.
    pub fn search_attributes(&self, namespace: NamespaceId) -> Arc<SearchAttributes> {
        self.inner.namespaces.search_attributes(namespace)
    }

    /// Names that are there already keep their type.
    pub async fn add_search_attributes(
        &self,
        namespace: NamespaceId,
        names: BTreeMap<String, Kind>,
    ) -> Result<(), EngineError> {
        self.inner.add_search_attributes(namespace, names).await
    }

    pub async fn remove_search_attributes(
        &self,
        namespace: NamespaceId,
        names: &[String],
    ) -> Result<(), EngineError> {
        self.inner.remove_search_attributes(namespace, names).await
    }

    // ---- components and deployments

    /// Validates without storing. The error tells the component's author what to do.
    pub async fn check_component(&self, bytes: Vec<u8>) -> Result<Checked, EngineError> {
        self.inner.check_component(bytes).await
    }

    pub async fn upload_component(
        &self,
        namespace: NamespaceId,
        name: &str,
        bytes: Vec<u8>,
    ) -> Result<Uploaded, EngineError> {
        self.inner.upload_component(namespace, name, bytes).await
    }

    pub async fn components(
        &self,
        namespace: NamespaceId,
    ) -> Result<Vec<ComponentMeta>, EngineError> {
        self.inner.components(namespace).await
    }

    /// Makes a component the one that new runs (or activities) of a task queue use.
    pub async fn deploy(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        component: Digest,
    ) -> Result<Deployment, EngineError> {
        self.inner.deploy(namespace, task_queue, component).await
    }

    /// What is current in each queue.
    pub fn deployments(&self, namespace: NamespaceId) -> Vec<Deployment> {
        self.inner.deployments.of_namespace(namespace)
    }

    /// Does this host itself take tasks of the queue?
    pub fn serves(&self, namespace: NamespaceId, task_queue: &str, kind: ComponentKind) -> bool {
        self.inner.deployments.current(namespace, task_queue, kind).is_some()
    }

    // ---- task queues and workers

    /// What operators have said of a queue. `None`: nothing.
    pub fn queue_config(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        kind: QueueKind,
    ) -> Option<QueueConfig> {
        self.inner.task_queues.config(namespace, task_queue, kind)
    }

    /// `change` makes the new config of the present one, now.
    pub async fn configure_queue(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
        kind: QueueKind,
        change: impl FnOnce(&mut QueueConfig, Timestamp) -> Result<(), EngineError>,
    ) -> Result<QueueConfig, EngineError> {
        self.inner.configure_queue(namespace, task_queue, kind, change).await
    }

    /// Who takes a queue's activities, what waits there, and how fast it goes.
    pub async fn queue_state(
        &self,
        namespace: NamespaceId,
        task_queue: &str,
    ) -> Result<QueueState, EngineError> {
        self.inner.queue_state(namespace, task_queue).await
    }

    /// A worker lives. `heartbeat` is what it says of itself, in an encoding of the caller's.
    pub fn worker_heard(&self, namespace: NamespaceId, key: &str, heartbeat: Arc<[u8]>) {
        self.inner.workers.heard(namespace, key, heartbeat, self.now());
    }

    /// The last heartbeat of each worker that was heard of lately, by key.
    pub fn workers(&self, namespace: NamespaceId) -> Vec<Arc<[u8]>> {
        self.inner.workers.of(namespace, self.now())
    }

    // ---- the engine itself

    pub fn now(&self) -> Timestamp {
        self.inner.config.clock.now()
    }

    /// The clock, if it can be moved on.
    pub fn skipping_clock(&self) -> Option<&SkippingClock> {
        match &self.inner.config.clock {
            Clock::Skipping(clock) => Some(clock),
            Clock::System | Clock::Sim(_) => None,
        }
    }

    pub fn identity(&self) -> &str {
        &self.inner.config.identity
    }

    /// Returns when nothing is in motion: no arrival waits, no step runs, no commit is under
    /// way. Activities that workers hold and timers that are not due do not count.
    pub async fn settle(&self) {
        self.inner.settle().await;
    }

    /// Drops every guest that is idle. Loses nothing.
    pub fn evict_all(&self) {
        self.inner.evict_all();
    }

    /// Takes no new work, lets what is under way be committed, and closes the store.
    pub async fn shutdown(&self) {
        self.inner.shutdown().await;
    }
}
