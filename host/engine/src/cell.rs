//! An execution's place in memory: its mailbox, and its guest while that is warm.
//!
//! There is one cell for a workflow id, whatever run it is at: so a start, a signal and the end
//! of a run can't miss each other. A cell that nobody needs is forgotten; the store knows all.

use crate::api::versions::OptionsRequest;
use crate::api::{ResetRequest, StartReply, StartRequest};
use crate::error::EngineError;
use crate::updates::UpdateAnswer;
use crate::worker::{ClosedBase, Parked};
use refrain_core::arrival::{Accepted, Arrival};
use refrain_core::event::Recorded;
use refrain_core::guest::{GuestError, Program};
use refrain_core::ids::{Digest, ExecutionKey, RunId, RunKey};
use refrain_core::limits;
use refrain_core::machines::clock::Clock;
use refrain_core::machines::{signal, update};
use refrain_core::message::Message;
use refrain_core::payload::Payloads;
use refrain_core::reset::FirstTaskOn;
use refrain_core::run::Run;
use refrain_store::{DoomedRun, RunRow};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::oneshot;

pub(crate) type ReplyTo<T> = oneshot::Sender<Result<T, EngineError>>;

/// What lies in a mailbox.
pub(crate) enum Letter {
    Start {
        request: Box<StartRequest>,
        with: With,
        reply: ReplyTo<StartReply>,
    },
    /// `reply`: none if it comes from the host itself, which then tries again on its own.
    Deliver {
        run: Option<RunId>,
        /// The first run of the chain that is meant.
        chain: Option<RunId>,
        arrival: Arrival,
        reply: Option<ReplyTo<Accepted>>,
    },
    /// Of another run, or of this one.
    Message(Box<Message>),
    /// To another component, if the run fits it.
    Move {
        run: RunId,
        to: Digest,
        reply: ReplyTo<Accepted>,
    },
    /// Of the run, which may move by them.
    Options {
        run: RunId,
        asked: Box<OptionsRequest>,
        reply: ReplyTo<Accepted>,
    },
    /// A new run, from a place in the history of this one or an earlier one.
    Reset {
        request: Box<ResetRequest>,
        base: Option<Box<ClosedBase>>,
        reply: ReplyTo<StartReply>,
    },
    /// To be gone for good.
    Delete {
        run: Box<DoomedRun>,
        reply: ReplyTo<()>,
    },
    Update {
        run: Option<RunId>,
        chain: Option<RunId>,
        request: Box<update::Request>,
        reply: ReplyTo<UpdateAnswer>,
    },
    Query {
        run: Option<RunId>,
        name: String,
        args: Payloads,
        reply: ReplyTo<Payloads>,
    },
}

/// What a request to start brings along, for the run that it finds or begins.
pub(crate) enum With {
    Nothing,
    Signal { signal: Box<signal::Signal>, reply: ReplyTo<Accepted> },
    Update { request: Box<update::Request>, reply: ReplyTo<UpdateAnswer> },
}

impl With {
    pub(crate) fn refuse(self, error: &EngineError) {
        match self {
            With::Nothing => {}
            With::Signal { reply, .. } => drop(reply.send(Err(error.clone()))),
            With::Update { reply, .. } => drop(reply.send(Err(error.clone()))),
        }
    }
}

impl Letter {
    /// From the host itself, for that run and no other.
    pub(crate) fn own(run: RunId, arrival: Arrival) -> Letter {
        Letter::Deliver { run: Some(run), chain: None, arrival, reply: None }
    }

    pub(crate) fn refuse(self, error: EngineError) {
        // A caller that has gone needs no answer.
        match self {
            Letter::Start { reply, .. } => drop(reply.send(Err(error))),
            Letter::Deliver { reply: Some(reply), .. } => drop(reply.send(Err(error))),
            Letter::Deliver { reply: None, .. } | Letter::Message(_) => {}
            Letter::Move { reply, .. } => drop(reply.send(Err(error))),
            Letter::Options { reply, .. } => drop(reply.send(Err(error))),
            Letter::Update { reply, .. } => drop(reply.send(Err(error))),
            Letter::Query { reply, .. } => drop(reply.send(Err(error))),
            Letter::Delete { reply, .. } => drop(reply.send(Err(error))),
            Letter::Reset { reply, .. } => drop(reply.send(Err(error))),
        }
    }

    /// From the host itself: it may not get lost when a commit fails.
    pub(crate) fn is_own(&self) -> bool {
        matches!(self, Letter::Deliver { reply: None, .. } | Letter::Message(_))
    }
}

pub(crate) struct Cell {
    pub(crate) key: ExecutionKey,
    state: Mutex<CellState>,
}

#[derive(Default)]
pub(crate) struct CellState {
    pub(crate) mailbox: VecDeque<Letter>,
    pub(crate) phase: Phase,
    pub(crate) known: Known,
    pub(crate) warm: Option<Run>,
    /// Of the last use of its guest: tells an old entry of the eviction queue from a new one.
    pub(crate) warm_stamp: u64,
    pub(crate) loaded: Option<Loaded>,
    /// Updates that no workflow task has taken yet. Nowhere else, and gone with the host: their
    /// senders ask again.
    pub(crate) admitted: Vec<AdmittedUpdate>,
    /// A step that waits for local activities.
    pub(crate) parked: Option<Box<Parked>>,
    /// What was deployed when the run was last tried on it, and diverged. That is for good.
    pub(crate) unfit: Option<(RunId, Digest)>,
    /// How often in a row there was no room for its guest, while what the host owes it waits.
    pub(crate) no_room: u32,
    /// No longer in the registry: look the key up again.
    pub(crate) gone: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    #[default]
    Idle,
    /// Waits for a worker thread.
    Queued,
    /// A worker, the loader or the committer has it. Whoever that is puts it on.
    Busy,
}

pub(crate) struct AdmittedUpdate {
    pub(crate) run: RunId,
    pub(crate) request: Box<update::Request>,
}

/// What is known of the latest run.
#[derive(Default)]
pub(crate) enum Known {
    #[default]
    Unknown,
    /// The workflow id was never used.
    Nothing,
    Run(Arc<RunRow>),
}

/// What a cold run needs to be replayed.
pub(crate) struct Loaded {
    pub(crate) history: Vec<Recorded>,
    pub(crate) program: Result<Arc<dyn Program>, GuestError>,
    /// For a run whose task fails, or that follows what is deployed: what that is now, if it is
    /// another component. It may fit where the run's own does not.
    pub(crate) deployed: Option<(Digest, Arc<dyn Program>)>,
}

impl Cell {
    pub(crate) fn lock(&self) -> MutexGuard<'_, CellState> {
        // A panic while it was held would have been ours; the state is still whole, since every
        // change of it is a plain assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All cells, found by key.
pub(crate) struct Cells {
    shards: Vec<Mutex<HashMap<ExecutionKey, Arc<Cell>>>>,
    hasher: RandomState,
}

/// What became of a letter that was put into a mailbox.
pub(crate) enum Posted {
    /// The cell was idle: it must be queued.
    Wake(Arc<Cell>),
    Waits,
    Full(Box<Letter>),
}

impl Cells {
    pub(crate) fn new() -> Cells {
        let shards = (0..64).map(|_| Mutex::new(HashMap::new())).collect();
        Cells { shards, hasher: RandomState::new() }
    }

    fn shard(&self, key: &ExecutionKey) -> MutexGuard<'_, HashMap<ExecutionKey, Arc<Cell>>> {
        let at = self.hasher.hash_one(key) as usize % self.shards.len();
        self.shards[at].lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn cell(&self, key: &ExecutionKey) -> Arc<Cell> {
        let mut shard = self.shard(key);
        if let Some(cell) = shard.get(key) {
            return Arc::clone(cell);
        }
        let cell = Arc::new(Cell { key: key.clone(), state: Mutex::default() });
        shard.insert(key.clone(), Arc::clone(&cell));
        cell
    }

    /// All at once: the step that takes the first can take them all. They must be the host's own.
    pub(crate) fn post_own(&self, key: &ExecutionKey, letters: Vec<Letter>) -> Posted {
        loop {
            let cell = self.cell(key);
            let mut state = cell.lock();
            if state.gone {
                continue;
            }
            state.mailbox.extend(letters);
            if state.phase != Phase::Idle {
                return Posted::Waits;
            }
            state.phase = Phase::Queued;
            drop(state);
            return Posted::Wake(cell);
        }
    }

    pub(crate) fn post(&self, key: &ExecutionKey, letter: Letter) -> Posted {
        loop {
            let cell = self.cell(key);
            let mut state = cell.lock();
            if state.gone {
                continue;
            }
            if state.mailbox.len() >= limits::MAILBOX_MAX && !letter.is_own() {
                return Posted::Full(Box::new(letter));
            }
            state.mailbox.push_back(letter);
            if state.phase != Phase::Idle {
                return Posted::Waits;
            }
            state.phase = Phase::Queued;
            drop(state);
            return Posted::Wake(cell);
        }
    }

    /// What memory knows of the latest run.
    pub(crate) fn known_run(&self, key: &ExecutionKey) -> Option<Arc<RunRow>> {
        let cell = self.shard(key).get(key).cloned()?;
        match &cell.lock().known {
            Known::Run(row) => Some(Arc::clone(row)),
            Known::Unknown | Known::Nothing => None,
        }
    }

    /// Of a run that is warm and at rest.
    pub(crate) fn reset_points(&self, key: &RunKey) -> Option<Vec<FirstTaskOn>> {
        self.with_warm(key, |run| run.execution().reset_points(key.run))
    }

    fn with_warm<T>(&self, key: &RunKey, look: impl FnOnce(&Run) -> T) -> Option<T> {
        let cell = self.shard(&key.execution).get(&key.execution).cloned()?;
        let state = cell.lock();
        state.warm.as_ref().filter(|it| it.facts().key == *key).map(look)
    }

    /// As [`Self::reset_points`].
    pub(crate) fn clock(&self, key: &RunKey) -> Option<Clock> {
        self.with_warm(key, |run| run.execution().clock.clone())
    }

    /// Does that update wait for a workflow task?
    pub(crate) fn admits_update(&self, key: &ExecutionKey, run: RunId, id: &str) -> bool {
        let cell = self.shard(key).get(key).cloned();
        cell.is_some_and(|cell| {
            cell.lock().admitted.iter().any(|it| it.run == run && it.request.id == id)
        })
    }

    /// Forgets a cell that is idle, cold and empty.
    pub(crate) fn forget_if_unused(&self, cell: &Arc<Cell>) {
        let mut shard = self.shard(&cell.key);
        let mut state = cell.lock();
        let is_empty = state.mailbox.is_empty() && state.admitted.is_empty();
        let is_owed = state.no_room > 0;
        // Another may have its place by now.
        if state.gone {
            return;
        }
        if state.phase == Phase::Idle && is_empty && state.warm.is_none() && !is_owed {
            state.gone = true;
            shard.remove(&cell.key);
        }
    }

    pub(crate) fn all(&self) -> Vec<Arc<Cell>> {
        let lock = |shard: &Mutex<HashMap<ExecutionKey, Arc<Cell>>>| {
            let shard = shard.lock().unwrap_or_else(PoisonError::into_inner);
            shard.values().cloned().collect::<Vec<_>>()
        };
        self.shards.iter().flat_map(lock).collect()
    }
}
