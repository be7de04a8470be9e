//! What a run begins with: who asked for what, and its place in a chain and in a tree of parents.

use crate::failure::Failure;
use crate::ids::{EventId, RunId};
use crate::machines::clock::Inherited;
use crate::options::{Override, Priority, RetryPolicy, RunOptions, TimeSkipping};
use crate::payload::{Payload, PayloadMap, Payloads};
use crate::reset::FirstTaskOn;
use crate::time::{Delay, Timestamp};

/// All that a start says. Times are as asked for; `None` is "no limit".
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Started {
    pub workflow_type: String,
    pub workflow_id: String,
    pub task_queue: String,
    pub input: Payloads,
    pub execution_timeout: Option<Delay>,
    pub run_timeout: Option<Delay>,
    pub task_timeout: Delay,
    /// When the chain must have ended: the execution timeout, counted from its first run. The
    /// same in every run of the chain.
    pub execution_expires: Option<Timestamp>,
    /// The first run's id on a reset chain. Randomness is seeded with it.
    pub original_run: Option<RunId>,
    /// The first run of the chain (continue-as-new, retry, cron).
    pub first_run: Option<RunId>,
    /// The run before this one in the chain, and why this one took its place.
    pub continued_from: Option<RunId>,
    pub initiator: Option<Initiator>,
    /// What the last run of the chain that completed returned.
    pub last_completion_result: Option<Payloads>,
    /// Request ids of signals that runs before this one in the chain have received, oldest first:
    /// sent again, they are known.
    pub carried_requests: Vec<String>,
    /// Of the runs before this one in the chain, oldest first.
    pub reset_points: Vec<FirstTaskOn>,
    /// Why the run before this one failed, if it did.
    pub continued_failure: Option<Failure>,
    /// `None`: nobody's child.
    pub parent: Option<Parent>,
    /// The run at the top of the tree of parents; `None`: this one is.
    pub root: Option<WorkflowRun>,
    pub identity: String,
    /// Counts from 1, and grows with retries of the workflow.
    pub attempt: u32,
    pub retry: Option<RetryPolicy>,
    pub cron: String,
    /// The wait before the first workflow task.
    pub first_task_backoff: Option<Delay>,
    pub memo: PayloadMap,
    pub search_attributes: PayloadMap,
    pub header: PayloadMap,
    pub priority: Priority,
    pub versioning: Option<Override>,
    pub time_skipping: Option<TimeSkipping>,
    /// Of the parent's clock, or of that of the run before it.
    pub inherited: Inherited,
    /// Shown by tools: one line, and a text.
    pub summary: Option<Payload>,
    pub details: Option<Payload>,
    /// What all runs of the chain belong to, for tools: each the bytes of Temporal's `Link`.
    pub links: Vec<Vec<u8>>,
}

impl Started {
    pub fn options(&self) -> RunOptions {
        RunOptions {
            versioning: self.versioning.clone(),
            priority: self.priority.clone(),
            time_skipping: self.time_skipping.clone(),
        }
        .standing()
    }
}

/// One run, as events name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkflowRun {
    pub workflow_id: String,
    pub run: RunId,
}

/// The run that started this one as its child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parent {
    pub namespace: String,
    pub workflow: WorkflowRun,
    /// `StartChildWorkflowExecutionInitiated` in the parent's history.
    pub initiated: EventId,
}

/// Why a run has taken the place of the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initiator {
    ContinueAsNew,
    Retry,
    Cron,
}
