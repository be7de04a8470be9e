//! A batch: one thing that is done to many workflows, or to many activities without one, by a query or
//! by a list.

use crate::attempt::Tuning;
use crate::ids::{EventId, RunId};
use crate::machines::signal::Signal;
use crate::options::OptionsChange;
use crate::payload::Payloads;
use crate::reset::{AfterReset, Reapply};
use crate::time::{Delay, Timestamp};

#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Chosen by the client; unique in its namespace as long as the batch is kept.
    pub job: String,
    pub reason: String,
    pub identity: String,
    pub targets: Targets,
    pub deed: Deed,
    /// `None`: as fast as it goes.
    pub per_second: Option<f32>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// As the client wrote it: a wrong one fails the batch, not its start.
    Query(String),
    /// By id; `None`: the latest run.
    List(Vec<(String, Option<RunId>)>),
}

/// What is done to each.
#[derive(Clone, Debug, PartialEq)]
pub enum Deed {
    Terminate {
        details: Payloads,
    },
    Cancel,
    Signal(Box<Signal>),
    Delete,
    Reset {
        to: ResetPoint,
        reapply: Reapply,
        after: Vec<AfterReset>,
    },
    Options(Box<OptionsChange>),
    Activities {
        which: Which,
        tuning: Box<Tuning>,
        jitter: Delay,
    },
    /// Its objects are activities without a workflow.
    Standalone(StandaloneDeed),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StandaloneDeed {
    Terminate { reason: String },
    Cancel { reason: String },
    Delete,
}

impl Deed {
    /// Can it only be done to what is open? Then a query finds no others.
    pub fn needs_open(&self) -> bool {
        match self {
            Deed::Terminate { .. }
            | Deed::Cancel
            | Deed::Signal(_)
            | Deed::Options(_)
            | Deed::Activities { .. } => true,
            Deed::Delete | Deed::Reset { .. } => false,
            Deed::Standalone(deed) => match deed {
                StandaloneDeed::Terminate { .. } | StandaloneDeed::Cancel { .. } => true,
                StandaloneDeed::Delete => false,
            },
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ResetPoint {
    FirstTask,
    LastTask,
    /// As in [`crate::reset::Reset::at`].
    At(EventId),
    /// The first task on this component, by its digest as the client wrote it; also of an earlier run
    /// of the chain, unless it is to be the run's own.
    BuildId {
        build_id: String,
        own: bool,
    },
}

/// Of a run's activities that are not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Which {
    Type(String),
    All,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Running,
    Completed,
    /// Its query was wrong, or somebody stopped it.
    Failed,
}

impl State {
    /// As Temporal's `BatchOperationState` numbers them, and as rows hold them.
    pub fn number(self) -> u8 {
        match self {
            State::Running => 1,
            State::Completed => 2,
            State::Failed => 3,
        }
    }

    pub fn from_number(number: i64) -> Option<State> {
        [State::Running, State::Completed, State::Failed]
            .into_iter()
            .find(|it| i64::from(it.number()) == number)
    }
}

/// How far a batch is. Written after every few deeds: a host that stops in between does those
/// again, and each is such that twice is as good as once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    pub state: State,
    pub closed: Option<Timestamp>,
    pub n_total: u64,
    pub n_done: u64,
    pub n_failed: u64,
    /// Of a query: the last run that was looked at.
    pub after: Option<(Timestamp, RunId)>,
}

impl Progress {
    pub fn new() -> Progress {
        Progress {
            state: State::Running,
            closed: None,
            n_total: 0,
            n_done: 0,
            n_failed: 0,
            after: None,
        }
    }

    pub fn n_tried(&self) -> u64 {
        self.n_done + self.n_failed
    }
}

impl Default for Progress {
    fn default() -> Progress {
        Progress::new()
    }
}
