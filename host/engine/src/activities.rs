//! Activity tasks: which worker gets which, and what becomes of an attempt.
//!
//! A row of the store is the truth about an attempt; `tasks` holds the rows that are in motion,
//! `queues` is only a hint of who could take what. A worker gets a task after the commit that
//! says so: usually the very commit that scheduled it, because a worker that waits is reserved
//! before (`reserve`).

mod backlog;
mod closings;
mod due;
mod held;
mod limits;
mod line;
mod matching;
mod pace;
mod places;
mod polling;
mod report;
mod standalone;
mod tune;

use crate::api::{ActivityRef, AttemptResult, HeartbeatReply};
use crate::cell::Letter;
use crate::committer::CommitJob;
use crate::config::EngineConfig;
use crate::deployments::{Deployed, Deployments};
use crate::error::EngineError;
use crate::inner::Inner;
use crate::task_queues::QueueState;
use crate::timers::What;
use refrain_core::arrival::{ActivityClosed, Arrival, Refused};
use refrain_core::attempt::{ActivityTask, Due, Heartbeat, Next, State as Attempt};
use refrain_core::decision::Effect;
use refrain_core::fairness::{Level, Shares};
use refrain_core::ids::{EventId, NamespaceId, RunId, RunKey};
use refrain_core::payload::Payloads;
use refrain_core::standalone::End;
use refrain_core::time::{Delay, Timestamp};
use refrain_store::{ComponentKind, StoreError, Write};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::oneshot;
use tokio::task::AbortHandle;

use closings::Closings;
use line::Lane;
use pace::{KeyPaces, Pace, Pollers, Tallies};
pub use pace::{Limited, SeenPoller};

/// How this host names itself as a worker: its attempts die with it.
pub(crate) const HOST_WORKER: &str = "refrain-host";
/// An attempt is being written just when its deadline comes: look again after this.
const BUSY_RETRY: Delay = Delay(50);

type TaskKey = (RunId, EventId);
pub(crate) type QueueKey = (NamespaceId, String);

pub(crate) struct Activities {
    deployments: Arc<Deployments>,
    state: Mutex<State>,
}

struct State {
    tasks: BTreeMap<TaskKey, Entry>,
    queues: HashMap<QueueKey, Queue>,
    /// As many queues as there were after the last look at those that nobody needs.
    n_queues_kept: usize,
    /// Paused runs: no attempt of theirs begins.
    held: HashSet<RunId>,
    closings: Closings,
    /// Attempts that this host could run now beside those it runs.
    host_free: usize,
    /// In one lane.
    waiting_max: usize,
}

struct Entry {
    task: ActivityTask,
    busy: Busy,
    /// If it is in line, it is so in the store too.
    stored: bool,
    /// Stops the attempt, if this host runs it.
    abort: Option<AbortHandle>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Busy {
    No,
    /// A worker is about to get it.
    Starting,
    /// An outcome is on its way to the store.
    Ending,
    /// What an operator asked for is on its way to the store.
    Tuning,
}

#[derive(Default)]
struct Queue {
    for_workers: Lane,
    for_host: Lane,
    pollers: VecDeque<Poller>,
    shares: Shares,
    /// What operators say of fairness keys.
    weights: BTreeMap<String, f32>,
    pace: Pace,
    keys: KeyPaces,
    seen: Pollers,
    added: Tallies,
    dispatched: Tallies,
}

struct Poller {
    identity: String,
    hand: oneshot::Sender<ActivityTask>,
}

/// Who takes a task.
enum Worker {
    Remote(Poller),
    Host(Arc<Deployed>),
}

/// Workers that get their task when the commit is done.
#[derive(Default)]
pub(crate) struct Reserved(Vec<(EventId, Worker)>);

impl Entry {
    fn new(task: ActivityTask) -> Entry {
        let stored = task.pass.is_some();
        Entry { task, busy: Busy::No, stored, abort: None }
    }
}

impl Worker {
    fn identity(&self) -> String {
        match self {
            Worker::Remote(poller) => poller.identity.clone(),
            Worker::Host(_) => HOST_WORKER.to_owned(),
        }
    }
}

impl Activities {
    pub(crate) fn new(deployments: Arc<Deployments>, config: &EngineConfig) -> Activities {
        let state = State {
            tasks: BTreeMap::new(),
            queues: HashMap::new(),
            n_queues_kept: 0,
            held: HashSet::new(),
            closings: Closings::default(),
            host_free: config.host_activities_max,
            waiting_max: config.waiting_activities_max.max(1),
        };
        Activities { deployments, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives new tasks to workers that wait, before the commit that makes the tasks.
    pub(crate) fn reserve(&self, effects: &mut [Effect], now: Timestamp) -> Reserved {
        let mut reserved = Reserved::default();
        for effect in effects {
            let Effect::InsertActivity(task) = effect else { continue };
            let mut state = self.lock();
            match state.worker_for_new(&self.deployments, task) {
                Some(worker) => {
                    **task = (**task).clone().on_started(worker.identity(), now);
                    reserved.0.push((task.scheduled, worker));
                }
                None => state.place(task, now),
            }
        }
        reserved
    }

    /// The commit failed: the workers wait on.
    pub(crate) fn unreserve(&self, inner: &Arc<Inner>, reserved: Reserved) {
        for (_, worker) in reserved.0 {
            match worker {
                // The poller's patience has an end, and then it asks again.
                Worker::Remote(poller) => drop(poller),
                Worker::Host(_) => inner.host_slot_free(),
            }
        }
    }

    /// The rows of started attempts that the decision wants canceled, as they are to be written
    /// with it. Those that memory does not have follow after the commit.
    pub(crate) fn canceled_rows(
        &self,
        run: RunId,
        effects: &[Effect],
        now: Timestamp,
    ) -> Vec<Write> {
        let state = self.lock();
        let canceled = effects.iter().filter_map(|effect| match effect {
            Effect::CancelActivity { scheduled } => state.tasks.get(&(run, *scheduled)),
            Effect::InsertRun(_)
            | Effect::InsertTimer { .. }
            | Effect::DeleteTimer { .. }
            | Effect::InsertActivity(_)
            | Effect::DeleteActivity { .. }
            | Effect::SetAttributes(_)
            | Effect::SetOptions(_)
            | Effect::PublishState { .. }
            | Effect::Send(_)
            | Effect::Close { .. } => None,
        });
        let started = canceled.filter(|entry| entry.task.is_started());
        started
            .map(|entry| {
                let task = ActivityTask { cancel_requested: true, ..entry.task.clone() };
                Write::activity(&task, now)
            })
            .collect()
    }

    /// Deletes what memory has of an activity that is closed.
    pub(crate) fn remove(&self, run: RunId, scheduled: EventId) {
        let mut state = self.lock();
        state.tasks.remove(&(run, scheduled));
        state.closings.close_task((run, scheduled));
    }

    /// The run is closed. Attempts of this host are stopped; remote workers learn of it when
    /// they report.
    pub(crate) fn remove_run(&self, run: RunId) {
        let mut state = self.lock();
        state.closings.close_run(run);
        let of_run = state.tasks.range((run, EventId(0))..).map(|(key, _)| *key);
        let keys: Vec<_> = of_run.take_while(|key| key.0 == run).collect();
        for key in keys {
            if let Some(Entry { abort: Some(abort), .. }) = state.tasks.remove(&key) {
                abort.abort();
            }
        }
    }

    /// What the worker of an attempt is to know. `None`: the activity is closed.
    pub(crate) fn heartbeat_reply(&self, run: RunId, scheduled: EventId) -> Option<HeartbeatReply> {
        let state = self.lock();
        state.tasks.get(&(run, scheduled)).map(|entry| reply_of(&entry.task))
    }
}

fn reply_of(task: &ActivityTask) -> HeartbeatReply {
    HeartbeatReply {
        cancel_requested: task.cancel_requested,
        paused: task.is_paused(),
        reset: task.reset.is_some(),
    }
}

/// `task`, with what may have been asked of the activity while `task` was being written.
fn with_wishes_of(task: ActivityTask, now: &ActivityTask) -> ActivityTask {
    ActivityTask { cancel_requested: now.cancel_requested, ..task }
}

fn queue_of(task: &ActivityTask) -> QueueKey {
    (task.run.execution.namespace, task.options.task_queue.clone())
}

fn key_of(task: &ActivityTask) -> TaskKey {
    (task.run.run, task.scheduled)
}

impl Inner {
    // ---- tasks that come and go with a run's decision

    /// After the commit of a decision: its activities are there.
    pub(crate) fn activity_added(self: &Arc<Inner>, task: ActivityTask, reserved: &mut Reserved) {
        let key = key_of(&task);
        let queue_key = queue_of(&task);
        self.watch_deadline(&task);
        let at = reserved.0.iter().position(|(scheduled, _)| *scheduled == task.scheduled);
        let worker = at.map(|at| reserved.0.swap_remove(at).1);
        let now = self.now();
        let mut state = self.activities.lock();
        let queue = state.queues.entry(queue_key.clone()).or_default();
        queue.added.count(Level::of(&task.priority()), now);
        // A look at the store may have found it before.
        state.tasks.entry(key).or_insert_with(|| Entry::new(task));
        if worker.is_none() {
            state.get_in_line(&self.activities.deployments, key, now);
        }
        drop(state);
        match worker {
            Some(worker) => self.hand_over(key, worker),
            None => self.match_queue(&queue_key),
        }
    }

    /// The guest asked for it, and that is committed.
    pub(crate) fn cancel_activity(self: &Arc<Inner>, run: &RunKey, scheduled: EventId) {
        let run = run.clone();
        self.spawn(|inner| async move {
            match inner.ensure_loaded(&run, scheduled).await {
                Ok(()) => inner.cancel_loaded(&run, scheduled),
                Err(error) => {
                    tracing::warn!(%run, %scheduled, %error, "cancel could not be passed on")
                }
            }
        });
    }

    fn cancel_loaded(self: &Arc<Inner>, run: &RunKey, scheduled: EventId) {
        let key = (run.run, scheduled);
        if let Some(entry) = self.activities.lock().tasks.get_mut(&key) {
            entry.task.cancel_requested = true;
        }
        self.pass_on_cancel(key);
    }

    /// Lets a cancel that was asked for take its course, once no write of the row is under way:
    /// whoever ends such a write calls this.
    fn pass_on_cancel(self: &Arc<Inner>, key: TaskKey) {
        let mut state = self.activities.lock();
        let Some(entry) = state.tasks.get_mut(&key) else { return };
        if entry.busy != Busy::No || !entry.task.cancel_requested {
            return;
        }
        if entry.task.is_started() {
            let write = Write::activity(&entry.task, self.now());
            drop(state);
            // Should the write fail, the worker still learns of it from memory.
            self.commit(CommitJob { writes: vec![write], done: Box::new(|_, _| {}) });
        } else {
            // No worker has it, so no worker has to agree.
            entry.busy = Busy::Ending;
            let run = entry.task.run.clone();
            let closed = entry.task.on_canceled(Vec::new());
            drop(state);
            self.close_activity(&run, closed);
        }
    }

    fn close_activity(self: &Arc<Inner>, run: &RunKey, closed: Box<ActivityClosed>) {
        if run.execution.workflow.is_empty() {
            self.standalone_closes(run, End::Attempts(Box::new(closed.outcome)));
            return;
        }
        self.post(&run.execution, Letter::own(run.run, Arrival::ActivityClosed(closed)));
    }

    /// The worker went away before it saw the task: the attempt has not begun.
    fn take_back(self: &Arc<Inner>, task: ActivityTask) {
        let since = self.now();
        let task = ActivityTask { state: Attempt::Waiting { since }, ..task };
        self.write_waiting(task);
    }

    /// Writes a row that waits, in line or for the end of a backoff, and watches for its time.
    fn write_waiting(self: &Arc<Inner>, task: ActivityTask) {
        let task = self.activities.placed(task, self.now());
        let writes = vec![Write::activity(&task, self.now())];
        let done = move |inner: &Arc<Inner>, outcome: Result<(), EngineError>| match outcome {
            Ok(()) => inner.waits(task),
            Err(_) => {
                let key = key_of(&task);
                if let Some(entry) = inner.activities.lock().tasks.get_mut(&key) {
                    entry.busy = Busy::No;
                    inner.look_again(&task.run, key.1);
                }
            }
        };
        self.commit(CommitJob { writes, done: Box::new(done) });
    }

    /// It is written that it waits. Its time may have come while that was being written.
    fn waits(self: &Arc<Inner>, task: ActivityTask) {
        let (key, queue_key) = (key_of(&task), queue_of(&task));
        let mut state = self.activities.lock();
        let Some(entry) = state.tasks.get_mut(&key) else { return };
        entry.stored = task.pass.is_some();
        entry.task = with_wishes_of(task, &entry.task);
        entry.busy = Busy::No;
        entry.abort = None;
        let task = entry.task.clone();
        let now = self.now();
        self.timers.set(&task.run, What::Activity(task.scheduled), task.due_at(now));
        let waits_now = task.is_ready(now);
        if waits_now {
            state.get_in_line(&self.activities.deployments, key, now);
        }
        drop(state);
        self.standalone_changed(&task.run);
        self.pass_on_cancel(key);
        if waits_now {
            self.match_queue(&queue_key);
        }
    }

    fn watch_deadline(&self, task: &ActivityTask) {
        let at = task.due_at(self.now());
        if at < Timestamp::NEVER {
            self.timers.set(&task.run, What::Activity(task.scheduled), at);
        }
    }

    fn look_again(&self, run: &RunKey, scheduled: EventId) {
        self.timers.set(run, What::Activity(scheduled), self.now().plus(BUSY_RETRY));
    }
}
