//! What a schedule does at its times: a state machine without clock and store.
//!
//! Each function is told what happened and when. Times that come due are *wanted*; what overlaps
//! with a run that is open is decided by policy (`overlap`); what is to be done then is
//! [`Deed`]s. The engine stores the schedule first and does the deeds afterwards: a start that is
//! not known to have happened stays in `starting` and is done again, by the same request id.

mod overlap;
mod step;

use crate::compiled::Compiled;
use refrain_core::failure::Failure;
use refrain_core::ids::{NamespaceId, RunId};
use refrain_core::limits::CATCHUP_WINDOW;
use refrain_core::machines::execution::Started;
use refrain_core::payload::{PayloadMap, Payloads};
use refrain_core::time::{Delay, Timestamp};
use std::collections::VecDeque;
use std::sync::Arc;

pub use overlap::{Overlap, Verdict};
pub use step::TooManyBackfills;

/// A schedule, and all that became of it.
#[derive(Clone, Debug)]
pub struct Schedule {
    pub spec: Compiled,
    pub policies: Policies,
    pub standing: Standing,
    pub progress: Progress,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policies {
    pub overlap: Overlap,
    /// What is later than this is missed.
    pub catchup_window: Delay,
    pub pause_on_failure: bool,
    /// Runs have the action's own workflow id, without the time.
    pub keep_original_workflow_id: bool,
}

impl Default for Policies {
    fn default() -> Policies {
        Policies {
            overlap: Overlap::Skip,
            catchup_window: CATCHUP_WINDOW,
            pause_on_failure: false,
            keep_original_workflow_id: false,
        }
    }
}

/// What a user may switch without a new spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    pub notes: String,
    pub paused: bool,
    /// Scheduled actions that are left; `None`: no end. Zero may still be triggered.
    pub remaining: Option<u64>,
    /// Kept to be shown when there is no limit.
    pub remaining_unused: u64,
}

/// A start that a time or a user asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Tells it from all others of its schedule.
    pub seq: u64,
    pub nominal: Timestamp,
    /// When it was due.
    pub at: Timestamp,
    /// `None`: that of the schedule.
    pub overlap: Option<Overlap>,
    /// By a user: neither a pause nor a limit stops it.
    pub manual: bool,
    /// Others wait for its end. Decided with the start.
    pub exclusive: bool,
}

/// A run whose end is waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    pub workflow_id: String,
    /// The first of its chain.
    pub run: RunId,
    /// By an overlapping start.
    pub cancel_requested: bool,
}

/// Times of the past, to be taken as if they came due now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backfill {
    /// Inclusive, as the end.
    pub from: Timestamp,
    pub until: Timestamp,
    pub overlap: Option<Overlap>,
}

/// How a run is, for those who look at the schedule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunStatus {
    Running,
    Completed,
    Failed,
    Canceled,
    Terminated,
    TimedOut,
}

/// A start that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    pub at: Timestamp,
    pub started: Timestamp,
    pub workflow_id: String,
    pub run: RunId,
    pub status: RunStatus,
}

/// How a chain of runs ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Completed(Payloads),
    Failed(Failure),
    TimedOut(Failure),
    Canceled,
    Terminated,
    /// Its last run is gone.
    Unknown,
}

/// What became of a schedule so far.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Progress {
    pub created: Timestamp,
    pub updated: Option<Timestamp>,
    /// All nominal times until then are taken.
    pub taken_until: Timestamp,
    /// Grows with each change that a user must know of before the next one.
    pub revision: u64,
    pub n_wanted: u64,
    pub buffer: VecDeque<Wanted>,
    pub starting: Vec<Wanted>,
    pub running: Vec<Running>,
    pub backfills: VecDeque<Backfill>,
    /// The last ones, oldest first.
    pub recent: VecDeque<Action>,
    pub n_actions: u64,
    pub n_missed: u64,
    pub n_skipped: u64,
    pub n_dropped: u64,
    pub last_result: Option<Payloads>,
    pub last_failure: Option<Failure>,
    /// Why the last start was not one.
    pub start_error: String,
}

/// What a user asks of a schedule beside a new spec.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    pub trigger: Option<Trigger>,
    pub backfills: Vec<Backfill>,
    /// The note to pause with.
    pub pause: Option<String>,
    pub unpause: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Trigger {
    pub overlap: Option<Overlap>,
    /// `None`: now.
    pub nominal: Option<Timestamp>,
}

/// What the engine must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Deed {
    Start(Wanted),
    Cancel(Running),
    Terminate(Running),
}

/// When the schedule must be looked at again, if nothing happens before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    Now,
    At(Timestamp),
    /// It has no more times: from then on it goes.
    Expires(Timestamp),
    Never,
}

/// A schedule as it is kept: with what to start, and what its creator wrote on it.
#[derive(Clone, Debug)]
pub struct Record {
    pub schedule: Schedule,
    /// Of every run it starts; ids and times are filled in then.
    pub start: Box<Started>,
    /// The action as its user gave it: bytes of `temporal.api.schedule.v1.ScheduleAction`.
    pub action: Vec<u8>,
    pub memo: PayloadMap,
    pub search_attributes: PayloadMap,
    /// The last requests that changed it, so that one that comes again changes nothing.
    pub request_ids: VecDeque<String>,
}

impl Record {
    /// Requests that are remembered.
    const REQUEST_IDS_MAX: usize = 10;

    /// False: it came before.
    pub fn is_new_request(&mut self, id: &str) -> bool {
        if id.is_empty() {
            return true;
        }
        if self.request_ids.iter().any(|it| it == id) {
            return false;
        }
        self.request_ids.push_back(id.to_owned());
        while self.request_ids.len() > Record::REQUEST_IDS_MAX {
            self.request_ids.pop_front();
        }
        true
    }
}

/// A schedule's name. Ids are unique in their namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ScheduleKey {
    pub namespace: NamespaceId,
    pub id: Arc<str>,
}
