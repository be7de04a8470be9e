//! What one step leads to. The store writes it, whole or not at all.

use crate::arrival::{Accepted, Refused};
use crate::attempt::ActivityTask;
use crate::event::Recorded;
use crate::failure::Failure;
use crate::ids::{EventId, RunId};
use crate::machines::attributes::Attributes;
use crate::machines::execution;
use crate::message::Outgoing;
use crate::options::{RunOptions, VersionChoice};
use crate::payload::{Payload, Payloads};
use crate::time::Timestamp;

#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// The store refuses the decision if its history is not exactly one shorter than this.
    pub first_event: EventId,
    /// Appended in this order; may be empty.
    pub events: Vec<Recorded>,
    pub effects: Vec<Effect>,
    /// One for each arrival of the step, in their order.
    pub replies: Vec<Result<Accepted, Refused>>,
    /// What the run is after this decision, for its row.
    pub run: RunSummary,
    /// The next run of the chain. It is written in the same commit as what closes this one.
    pub successor: Option<Box<Successor>>,
}

/// A run that takes the place of the one before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Successor {
    pub run: RunId,
    pub version: VersionChoice,
    pub started: Box<execution::Started>,
    /// Its first events: that it started, and what was carried over. Its first task is due later.
    pub decision: Decision,
}

/// The columns of a run's row that a step may change.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    pub status: execution::State,
    pub next_event: EventId,
    pub closed_at: Option<Timestamp>,
    /// Why, if it is paused; empty if nobody said.
    pub pause_reason: Option<String>,
    pub task_failure: Option<TaskFailure>,
}

/// A workflow task that keeps failing. The run is open; describe shows this.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskFailure {
    /// Failed attempts so far.
    pub attempts: u32,
    pub failure: Failure,
    pub retry_at: Timestamp,
}

/// What the store must do beside appending. Closed list: `commit` matches it without `_`.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// A new run's row and, beside it, all that `Started` says.
    InsertRun(Box<execution::Started>),
    InsertTimer {
        timer: DueTimer,
        fire_at: Timestamp,
    },
    DeleteTimer {
        timer: DueTimer,
    },
    InsertActivity(Box<ActivityTask>),
    /// Closed: its row goes.
    DeleteActivity {
        scheduled: EventId,
    },
    /// The worker is told at its next heartbeat; an attempt that has not begun never will.
    CancelActivity {
        scheduled: EventId,
    },
    PublishState {
        name: String,
        value: Payload,
    },
    /// To another run, or to this one.
    Send(Box<Outgoing>),
    /// Memo and search attributes are these from now on.
    SetAttributes(Box<Attributes>),
    /// These are its options from now on.
    SetOptions(Box<RunOptions>),
    /// The run is closed: timers and activities that are left go with it.
    Close {
        result: CloseResult,
    },
}

/// What of a run is waiting for a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DueTimer {
    /// The guest's own, by the event that started it.
    User(EventId),
    RunTimeout,
    FirstTask,
    TaskRetry,
    /// Local activities may have died with their host.
    Locals,
    /// The end of the run's fast-forward, if it does not come before.
    FastForward,
}

/// How a run ended, for those that wait for it.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few exist at a time, and none is kept in bulk")]
pub enum CloseResult {
    Completed(Payloads),
    Failed(Failure),
    Canceled(Payloads),
    TimedOut,
    Terminated {
        reason: String,
    },
    /// Not the end of the chain: this run has taken its place.
    Continued {
        new_run: RunId,
    },
}

impl DueTimer {
    /// The arrival that a due row leads to.
    pub fn arrival(self) -> crate::arrival::Arrival {
        use crate::arrival::Arrival;
        match self {
            DueTimer::User(started) => Arrival::TimerDue { started },
            DueTimer::RunTimeout => Arrival::RunTimedOut,
            DueTimer::FirstTask => Arrival::FirstTaskDue,
            DueTimer::TaskRetry => Arrival::TaskRetryDue,
            DueTimer::Locals => Arrival::LocalsDue,
            DueTimer::FastForward => Arrival::FastForwardDue,
        }
    }
}
