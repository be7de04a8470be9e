//! Start and stop. Starting reads indexes, not histories: a run is replayed when something
//! arrives for it.

use crate::activities::{Activities, HOST_WORKER};
use crate::api::Engine;
use crate::batches::Batches;
use crate::cell::Cells;
use crate::clock::Clock;
use crate::config::EngineConfig;
use crate::deployments::Deployments;
use crate::error::EngineError;
use crate::host_activities::LoadedActivities;
use crate::inner::Inner;
use crate::locals::Locals;
use crate::namespaces::Namespaces;
use crate::programs::Programs;
use crate::ready::Ready;
use crate::schedules::Schedules;
use crate::standalone::Standalones;
use crate::task_queues::TaskQueues;
use crate::timers::Timers;
use crate::updates::Updates;
use crate::warm::WarmRuns;
use crate::watchers::Watchers;
use crate::workers::Workers;
use crate::{committer, deleter, loader, schedules, sweep, time_skipping, timers, worker};
use refrain_core::message::Message;
use refrain_store::{Store, StoreError};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc};

/// How long a stop waits for what is under way.
const STOP_PATIENCE: Duration = Duration::from_secs(10);
const RECOVERY_PAGE: u32 = 1000;

pub(crate) fn unavailable(error: StoreError) -> EngineError {
    EngineError::StoreUnavailable(error.to_string())
}

impl Engine {
    /// Takes over all that the store holds. Must be called inside a tokio runtime.
    pub async fn start(
        config: EngineConfig,
        store: Store,
        programs: Arc<dyn Programs>,
    ) -> Result<Engine, EngineError> {
        let (jobs, job_queue) = mpsc::unbounded_channel();
        let (wanted, wanted_queue) = mpsc::unbounded_channel();
        let (doomed, doomed_queue) = mpsc::unbounded_channel();
        let registries = store.search_attribute_types().await.map_err(unavailable)?;
        let rows = store.list_namespaces().await.map_err(unavailable)?;
        let namespaces = Namespaces::new(rows, registries);
        let deployments = Arc::new(Deployments::default());
        let inner = Arc::new(Inner {
            namespaces,
            naming: Arc::default(),
            registering: tokio::sync::Mutex::default(),
            cells: Cells::new(),
            ready: Ready::default(),
            warm: WarmRuns::new(config.warm_runs_max),
            closed_queries: Semaphore::new(config.workers),
            timers: Timers::default(),
            schedules: Schedules::default(),
            activities: Activities::new(Arc::clone(&deployments), &config),
            loaded_activities: LoadedActivities::default(),
            locals: Locals::default(),
            deployments,
            deploying: tokio::sync::Mutex::default(),
            standalones: Standalones::default(),
            batches: Batches::default(),
            task_queues: TaskQueues::default(),
            workers: Workers::default(),
            watchers: Watchers::default(),
            updates: Updates::default(),
            motion: crate::motion::Motion::default(),
            jobs,
            wanted,
            doomed,
            sweep: deleter::Sweep::default(),
            runtime: tokio::runtime::Handle::current(),
            threads: Mutex::default(),
            loops: Mutex::default(),
            stopping: AtomicBool::new(false),
            stop: Notify::new(),
            store,
            programs,
            config,
        });
        inner.load_deployments().await?;
        inner.activities.resume(inner.store.activities_lines().await.map_err(unavailable)?);
        inner.load_task_queues().await?;
        inner.activities.hold(inner.store.paused_runs().await.map_err(unavailable)?);
        // Read before anything moves: what is sent from then on is posted by its sender.
        let messages = inner.waiting_messages().await?;
        inner.start_loops(job_queue, wanted_queue, doomed_queue).map_err(|error| {
            EngineError::Internal(format!("worker threads can't be started: {error}"))
        })?;
        inner.post_messages(messages);
        inner.recover_attempts().await?;
        schedules::load(&inner).await?;
        for (namespace, task_queue) in inner.deployments.activity_queues() {
            inner.host_serves(namespace, &task_queue);
        }
        inner.empty_deleted_namespaces();
        inner.resume_batches().await?;
        Ok(Engine { inner })
    }
}

impl Inner {
    fn start_loops(
        self: &Arc<Inner>,
        jobs: mpsc::UnboundedReceiver<committer::CommitJob>,
        wanted: mpsc::UnboundedReceiver<loader::Wanted>,
        doomed: mpsc::UnboundedReceiver<deleter::Deletion>,
    ) -> std::io::Result<()> {
        let mut threads = Vec::new();
        for n in 0..self.config.workers.max(1) {
            let inner = Arc::clone(self);
            let name = format!("refrain-worker-{n}");
            threads
                .push(std::thread::Builder::new().name(name).spawn(move || worker::work(&inner))?);
        }
        let mut loops = vec![
            tokio::spawn(committer::run(Arc::clone(self), jobs)).abort_handle(),
            tokio::spawn(loader::run(Arc::clone(self), wanted)).abort_handle(),
            tokio::spawn(deleter::run(Arc::clone(self), doomed)).abort_handle(),
            tokio::spawn(timers::run(Arc::clone(self))).abort_handle(),
            tokio::spawn(schedules::run(Arc::clone(self))).abort_handle(),
            tokio::spawn(sweep::run(Arc::clone(self))).abort_handle(),
        ];
        if let Clock::Skipping(clock) = &self.config.clock {
            let skipping = time_skipping::run(Arc::clone(self), clock.clone());
            loops.push(tokio::spawn(skipping).abort_handle());
        }
        *self.threads.lock().unwrap_or_else(PoisonError::into_inner) = threads;
        *self.loops.lock().unwrap_or_else(PoisonError::into_inner) = loops;
        Ok(())
    }

    /// What runs had sent and nobody had taken when the last host stopped.
    async fn waiting_messages(&self) -> Result<Vec<Message>, EngineError> {
        let mut messages: Vec<Message> = Vec::new();
        loop {
            let after = messages.last().map(|it| it.id);
            let page = self.store.messages_waiting(after, RECOVERY_PAGE);
            let page = page.await.map_err(unavailable)?;
            let more = page.len() == RECOVERY_PAGE as usize;
            messages.extend(page);
            if !more {
                return Ok(messages);
            }
        }
    }

    /// What the last host ran itself died with it.
    async fn recover_attempts(self: &Arc<Inner>) -> Result<(), EngineError> {
        let mut after = None;
        loop {
            let page = self
                .store
                .activities_started_by(HOST_WORKER, after.as_ref(), RECOVERY_PAGE)
                .await
                .map_err(unavailable)?;
            let more = page.len() == RECOVERY_PAGE as usize;
            after = page.last().cloned();
            for task in page {
                self.attempt_died_with_host(task);
            }
            if !more {
                return Ok(());
            }
        }
    }

    pub(crate) async fn shutdown(self: &Arc<Inner>) {
        if self.stopping.swap(true, Ordering::SeqCst) {
            return;
        }
        self.stop.notify_waiters();
        if tokio::time::timeout(STOP_PATIENCE, self.motion.still()).await.is_err() {
            tracing::warn!("stopping with work under way; it goes on after the next start");
        }
        self.ready.close();
        let threads =
            std::mem::take(&mut *self.threads.lock().unwrap_or_else(PoisonError::into_inner));
        let joined = tokio::task::spawn_blocking(move || {
            threads.into_iter().for_each(|thread| drop(thread.join()));
        });
        if tokio::time::timeout(STOP_PATIENCE, joined).await.is_err() {
            tracing::warn!("a worker thread does not stop");
        }
        for task in self.loops.lock().unwrap_or_else(PoisonError::into_inner).drain(..) {
            task.abort();
        }
        if let Err(error) = self.store.close().await {
            tracing::error!(error = &error as &dyn std::error::Error, "store not closed in order");
        }
    }
}
