//! What all parts of the engine share, and the small steps between them.

use crate::activities::{Activities, Reserved};
use crate::api::Progress;
use crate::batches::Batches;
use crate::cell::{Cell, Cells, Letter, Posted, ReplyTo};
use crate::clock::Clock;
use crate::committer::CommitJob;
use crate::config::EngineConfig;
use crate::deleter::{Deletion, Sweep};
use crate::deployments::Deployments;
use crate::error::EngineError;
use crate::host_activities::LoadedActivities;
use crate::loader::Wanted;
use crate::locals::Locals;
use crate::motion::Motion;
use crate::namespaces::Namespaces;
use crate::programs::Programs;
use crate::ready::Ready;
use crate::schedules::Schedules;
use crate::standalone::Standalones;
use crate::task_queues::TaskQueues;
use crate::timers::{Timers, What};
use crate::until::until;
use crate::updates::Updates;
use crate::warm::{self, Use, WarmRuns, next_stamp};
use crate::watchers::Watchers;
use crate::workers::Workers;
use refrain_core::arrival::Arrival;
use refrain_core::decision::Effect;
use refrain_core::guest::{GuestError, Program};
use refrain_core::ids::{Digest, ExecutionKey, RunId, RunKey};
use refrain_core::run::RunFacts;
use refrain_core::time::Timestamp;
use refrain_store::{RunRow, Store};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore, mpsc, oneshot};

/// What the host sends itself comes back after this if it could not be stored.
const ARRIVE_AGAIN: Duration = Duration::from_secs(1);

pub(crate) struct Inner {
    pub(crate) config: EngineConfig,
    pub(crate) store: Store,
    pub(crate) programs: Arc<dyn Programs>,
    pub(crate) namespaces: Namespaces,
    /// Held while namespaces are changed.
    pub(crate) naming: Arc<tokio::sync::Mutex<()>>,
    /// Held while search attributes are registered.
    pub(crate) registering: tokio::sync::Mutex<()>,
    pub(crate) deployments: Arc<Deployments>,
    /// Held while what serves a queue is changed.
    pub(crate) deploying: tokio::sync::Mutex<()>,
    pub(crate) cells: Cells,
    pub(crate) ready: Ready,
    pub(crate) warm: WarmRuns,
    pub(crate) timers: Timers,
    pub(crate) schedules: Schedules,
    pub(crate) activities: Activities,
    pub(crate) loaded_activities: LoadedActivities,
    pub(crate) locals: Locals,
    /// Queries of runs that are not their workflow's latest: each has a guest of its own.
    pub(crate) closed_queries: Semaphore,
    pub(crate) standalones: Standalones,
    pub(crate) batches: Batches,
    pub(crate) task_queues: TaskQueues,
    pub(crate) workers: Workers,
    pub(crate) watchers: Watchers<RunId, Option<Progress>>,
    pub(crate) updates: Updates,
    pub(crate) motion: Motion,
    pub(crate) jobs: mpsc::UnboundedSender<CommitJob>,
    pub(crate) wanted: mpsc::UnboundedSender<Wanted>,
    pub(crate) doomed: mpsc::UnboundedSender<Deletion>,
    pub(crate) sweep: Sweep,
    pub(crate) runtime: tokio::runtime::Handle,
    pub(crate) threads: Mutex<Vec<std::thread::JoinHandle<()>>>,
    pub(crate) loops: Mutex<Vec<tokio::task::AbortHandle>>,
    pub(crate) stopping: AtomicBool,
    pub(crate) stop: Notify,
}

impl Inner {
    pub(crate) fn now(&self) -> Timestamp {
        self.config.clock.now()
    }

    /// Version 7: runs that live at the same time lie together in the store. `before`: the run of
    /// the same workflow id before this one, whose id is less: the latest run has the greatest.
    pub(crate) fn new_run_id_after(&self, before: Option<RunId>, now: Timestamp) -> RunId {
        let id = new_run_id(now.as_ms());
        match before {
            Some(before) if id <= before => new_run_id((before.0 >> 80) as u64 + 1),
            Some(_) | None => id,
        }
    }

    // ---- mail

    /// Puts a letter into a mailbox and waits for its answer.
    pub(crate) async fn ask<T>(
        self: &Arc<Inner>,
        key: &ExecutionKey,
        letter: impl FnOnce(ReplyTo<T>) -> Letter,
    ) -> Result<T, EngineError> {
        if self.is_shutting_down() {
            return Err(EngineError::ShuttingDown);
        }
        let (reply, answer) = oneshot::channel();
        self.post(key, letter(reply));
        answer.await.unwrap_or(Err(EngineError::ShuttingDown))
    }

    pub(crate) fn post(&self, key: &ExecutionKey, letter: Letter) {
        self.posted(self.cells.post(key, letter));
    }

    /// Letters of the host's own, for one step.
    pub(crate) fn post_own(&self, key: &ExecutionKey, letters: Vec<Letter>) {
        self.posted(self.cells.post_own(key, letters));
    }

    fn posted(&self, posted: Posted) {
        match posted {
            Posted::Wake(cell) => {
                self.motion.begin();
                self.ready.push(cell);
            }
            Posted::Waits => {}
            Posted::Full(letter) => {
                let waiting = refrain_core::limits::MAILBOX_MAX;
                letter.refuse(EngineError::MailboxFull { waiting });
            }
        }
    }

    /// A cell was let go of. `more`: letters came meanwhile.
    pub(crate) fn settled(&self, cell: &Arc<Cell>, more: bool) {
        if more {
            self.ready.push(Arc::clone(cell));
            return;
        }
        let used = {
            let mut state = cell.lock();
            let stamp = next_stamp();
            state.warm_stamp = stamp;
            state.warm.as_ref().map(|run| Use { stamp, rooms: run.rooms() })
        };
        match used {
            Some(used) => self.warm.used(&self.cells, cell, used),
            None => {
                self.warm.gone(cell);
                self.cells.forget_if_unused(cell);
            }
        }
        self.motion.end();
    }

    /// The store could not be read for this cell: callers are told, the host's own letters come
    /// back later.
    pub(crate) fn abandon(self: &Arc<Inner>, cell: &Arc<Cell>, error: &EngineError) {
        tracing::error!(execution = %cell.key, %error, "execution can't be loaded");
        let letters = {
            let mut state = cell.lock();
            state.phase = crate::cell::Phase::Idle;
            std::mem::take(&mut state.mailbox)
        };
        let mut own = Vec::new();
        for letter in letters {
            match letter {
                own_letter if own_letter.is_own() => own.push(own_letter),
                other => other.refuse(error.clone()),
            }
        }
        self.settled(cell, false);
        self.post_later(cell.key.clone(), own);
    }

    /// The commit failed, and what came from the host itself has no caller to try again.
    pub(crate) fn arrive_again(self: &Arc<Inner>, cell: &Arc<Cell>, run: RunId, own: Vec<Arrival>) {
        let own = own.into_iter().map(|arrival| Letter::own(run, arrival)).collect();
        self.post_later(cell.key.clone(), own);
    }

    pub(crate) fn post_later(self: &Arc<Inner>, key: ExecutionKey, own: Vec<Letter>) {
        self.post_after(ARRIVE_AGAIN, key, own);
    }

    pub(crate) fn post_after(
        self: &Arc<Inner>,
        wait: Duration,
        key: ExecutionKey,
        own: Vec<Letter>,
    ) {
        if own.is_empty() {
            return;
        }
        let inner = Arc::clone(self);
        self.runtime.spawn(async move {
            tokio::time::sleep(wait).await;
            for letter in own {
                inner.post(&key, letter);
            }
        });
    }

    pub(crate) fn want(&self, wanted: Wanted) {
        // Closed only when the host has stopped, and then nobody waits.
        let _ = self.wanted.send(wanted);
    }

    pub(crate) fn delete(&self, deletion: Deletion) {
        // Closed only when the host has stopped; whoever waits learns of that.
        let _ = self.doomed.send(deletion);
    }

    pub(crate) fn commit(&self, job: CommitJob) {
        self.motion.begin();
        if self.jobs.send(job).is_err() {
            self.motion.end();
        }
    }

    /// For worker threads, which may block.
    pub(crate) fn program_blocking(&self, digest: Digest) -> Result<Arc<dyn Program>, GuestError> {
        match self.programs.cached(digest) {
            Some(program) => Ok(program),
            None => self.runtime.block_on(self.program(digest)),
        }
    }

    /// What a guest of the run may know of where it is.
    pub(crate) fn facts_of(&self, key: RunKey, component: Digest) -> RunFacts {
        let namespace = self.namespaces.name_of(key.execution.namespace);
        RunFacts { key, namespace, component }
    }

    /// Work to its end, also if whoever asks for it goes away in the middle: what the store has is in memory then.
    pub(crate) async fn whole<T: Send + 'static>(
        self: &Arc<Inner>,
        work: impl Future<Output = Result<T, EngineError>> + Send + 'static,
    ) -> Result<T, EngineError> {
        let done = self.spawn(|_| work).await;
        done.unwrap_or_else(|panic| Err(EngineError::Internal(panic.to_string())))
    }

    // ---- after a commit

    /// What a committed decision means for what is in memory.
    pub(crate) fn carry_out(
        self: &Arc<Inner>,
        row: &RunRow,
        effects: Vec<Effect>,
        mut reserved: Reserved,
    ) {
        let run = &row.key;
        self.hold_or_release(run, row.status.is_paused());
        for effect in effects {
            match effect {
                Effect::InsertTimer { timer, fire_at } => {
                    self.timers.set(run, What::Timer(timer), fire_at);
                }
                Effect::DeleteTimer { timer } => self.timers.clear(run.run, What::Timer(timer)),
                Effect::InsertActivity(task) => self.activity_added(*task, &mut reserved),
                Effect::DeleteActivity { scheduled } => {
                    self.timers.clear(run.run, What::Activity(scheduled));
                    self.activities.remove(run.run, scheduled);
                }
                Effect::CancelActivity { scheduled } => self.cancel_activity(run, scheduled),
                Effect::Close { .. } => {
                    self.timers.clear_run(run.run);
                    self.activities.remove_run(run.run);
                }
                Effect::InsertRun(_)
                | Effect::PublishState { .. }
                | Effect::Send(_)
                | Effect::SetAttributes(_)
                | Effect::SetOptions(_) => {}
            }
        }
    }

    pub(crate) fn announce(&self, row: &RunRow, closing: Option<Arc<[u8]>>) {
        self.watchers.announce(&row.key.run, || Some(Progress { closing, ..progress_of(row) }));
    }

    // ---- the engine as a whole

    pub(crate) async fn settle(&self) {
        loop {
            self.motion.still().await;
            let now = self.now();
            match self.config.clock {
                // What is due is due at any moment: there is nothing to wait for.
                Clock::System | Clock::Skipping(_) => return,
                Clock::Sim(_)
                    if self.timers.is_caught_up(now)
                        && self.schedules.wakes.is_caught_up(now)
                        && self.motion.is_still() =>
                {
                    return;
                }
                Clock::Sim(_) => self.caught_up(now).await,
            }
        }
    }

    /// Returns when all that is due at `now` is under way.
    pub(crate) async fn caught_up(&self, now: Timestamp) {
        self.timers.caught_up(now).await;
        self.schedules.wakes.caught_up(now).await;
    }

    pub(crate) fn evict_all(&self) {
        for cell in self.cells.all() {
            warm::evict(&self.cells, &cell, None);
        }
    }

    pub(crate) fn is_shutting_down(&self) -> bool {
        self.stopping.load(Ordering::SeqCst)
    }

    /// Returns when the host stops.
    pub(crate) async fn shutting_down(&self) {
        until(&self.stop, || self.is_shutting_down()).await;
    }
}

pub(crate) fn progress_of(row: &RunRow) -> Progress {
    Progress {
        run: row.key.clone(),
        next_event: row.next_event,
        closed: !row.status.is_open(),
        closing: None,
    }
}

fn new_run_id(ms: u64) -> RunId {
    let (secs, nanos) = (ms / 1000, (ms % 1000) as u32 * 1_000_000);
    let time = uuid::Timestamp::from_unix(uuid::NoContext, secs, nanos);
    RunId(uuid::Uuid::new_v7(time).as_u128())
}
