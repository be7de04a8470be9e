//! What can arrive at a run from outside, and what the sender is told after the commit.

use crate::failure::{Failure, RetryState};
use crate::ids::{EventId, RunId};
use crate::machines::child::{Outcome, StartFailedCause};
use crate::machines::external::FailedCause;
use crate::machines::{execution, local, signal, update};
use crate::message::Origin;
use crate::options::OptionsChange;
use crate::payload::Payloads;
use crate::time::Timestamp;

#[derive(Clone, Debug, PartialEq)]
pub enum Arrival {
    /// The first one of every run, and of no other.
    Start(Box<execution::Started>),
    Signal(signal::Signal),
    /// Comes again with each step until it is answered otherwise than with `Waits`.
    Update(Box<update::Request>),
    /// One that was taken before, by a run that this one takes the place of.
    UpdateAgain(Box<update::Request>),
    CancelRequest {
        cause: String,
        identity: String,
        /// The run that asks, if a run does.
        from: Option<Box<Origin>>,
    },
    Terminate {
        reason: String,
        details: Payloads,
        identity: String,
    },
    Pause {
        reason: String,
        identity: String,
        request_id: String,
    },
    Unpause {
        reason: String,
        identity: String,
        request_id: String,
    },
    /// Of whatever the run's program is: it is not told.
    UpdateOptions {
        change: Box<OptionsChange>,
        identity: String,
    },
    /// A request to start found this run, and wants it to be known.
    AttachRequest {
        request_id: String,
    },
    TimerDue {
        started: EventId,
    },
    ActivityClosed(Box<ActivityClosed>),
    /// Only for a run that this one has started.
    FromParent {
        parent: RunId,
        arrival: Box<Arrival>,
    },
    /// An answer to a run that this one may have been reset from.
    ForBase {
        base: RunId,
        initiated: EventId,
        arrival: Box<Arrival>,
    },
    ChildStarted {
        initiated: EventId,
        run: RunId,
    },
    ChildStartFailed {
        initiated: EventId,
        cause: StartFailedCause,
        reason: String,
    },
    /// Also says that it started, if that was not said before.
    ChildClosed {
        initiated: EventId,
        run: RunId,
        outcome: Box<Outcome>,
    },
    /// A signal to another run was delivered, or could not be.
    ExternalSignaled {
        initiated: EventId,
        failed: Option<FailedCause>,
    },
    /// A request to cancel another run was delivered, or could not be.
    ExternalCanceled {
        initiated: EventId,
        failed: Option<FailedCause>,
    },
    /// From the host that runs it.
    LocalClosed(Box<local::Closed>),
    /// A host may have died with the run's local activities.
    LocalsDue,
    /// The run's own time limit is over.
    RunTimedOut,
    /// The wait before the first task is over.
    FirstTaskDue,
    /// The run's clock has come to the end of its fast-forward.
    FastForwardDue,
    /// The wait after a failed workflow task is over, or a component has come that may fit.
    TaskRetryDue,
}

impl Arrival {
    /// A failed workflow task is tried again now, whatever its backoff says.
    pub fn retries_task(&self) -> bool {
        matches!(self, Arrival::TaskRetryDue) || self.is_unpause()
    }

    pub fn is_unpause(&self) -> bool {
        matches!(self, Arrival::Unpause { .. })
    }
}

/// An activity's last attempt, as the row of `activity_tasks` knew it, and how it ended.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityClosed {
    pub scheduled: EventId,
    /// `None`: no attempt had begun.
    pub attempt: Option<LastAttempt>,
    pub outcome: ActivityOutcome,
}

#[derive(Clone, Debug, PartialEq)]
pub struct LastAttempt {
    pub number: u32,
    pub started: Timestamp,
    pub identity: String,
    /// What the attempt before this one failed with.
    pub last_failure: Option<Failure>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ActivityOutcome {
    Completed { result: Payloads },
    Failed { failure: Failure, retry_state: RetryState },
    TimedOut { failure: Failure, retry_state: RetryState },
    Canceled { details: Payloads },
}

/// What became of an arrival that a run could take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Accepted {
    Recorded,
    /// The same request id, or a cancel that was asked for before: nothing new.
    AlreadyThere,
    /// An update for which there was no workflow task yet. Nothing of it is stored.
    Waits,
}

/// The arrival came to a run that could not take it. Nothing was stored.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Refused {
    #[error("workflow execution already completed")]
    RunClosed,
    #[error("activity is not pending")]
    ActivityNotPending,
    #[error("workflow execution is not a child of the sender")]
    NotAChild,
    #[error("child workflow is not pending")]
    ChildNotPending,
    #[error("message to another run is not pending")]
    ExternalNotPending,
    #[error("timer is not pending")]
    TimerNotPending,
    #[error("exceeded workflow execution limit for signal events: the run has {most}")]
    SignalLimit { most: u64 },
    #[error("workflow is already paused.")]
    AlreadyPaused,
    #[error("workflow is not paused.")]
    NotPaused,
    /// The guest's validator said no.
    #[error("{}", .0.message)]
    UpdateRejected(Box<Failure>),
    #[error("workflow update was aborted by closing workflow")]
    UpdateAborted,
    #[error("limit on number of concurrent in-flight updates has been reached ({most})")]
    UpdatesInFlight { most: u64 },
    #[error("limit on bytes of in-flight updates has been reached ({most})")]
    UpdateBytesInFlight { most: u64 },
    #[error("run has taken {most} updates, the most a run can take")]
    UpdateLimit { most: u64 },
    #[error("nothing to do")]
    Spurious,
}
