//! A run that asks for another one in its place.

use super::Initiator;
use crate::ids::{EventId, RunId};
use crate::options::{RetryPolicy, VersionChoice};
use crate::payload::{PayloadMap, Payloads};
use crate::time::Delay;

/// Wished by the guest: what takes the place of its run. What is `None` stays as it is.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct ContinueAsNew {
    pub workflow_type: Option<String>,
    pub task_queue: Option<String>,
    pub input: Payloads,
    pub run_timeout: Option<Delay>,
    pub task_timeout: Option<Delay>,
    pub memo: Option<PayloadMap>,
    pub search_attributes: Option<PayloadMap>,
    pub header: Option<PayloadMap>,
    pub retry: Option<RetryPolicy>,
    pub version: VersionChoice,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ContinuedAsNew {
    pub new_run: RunId,
    pub workflow_type: String,
    pub task_queue: String,
    pub input: Payloads,
    pub run_timeout: Option<Delay>,
    pub task_timeout: Delay,
    /// The wait before the next run's first task.
    pub backoff: Option<Delay>,
    pub initiator: Initiator,
    pub last_completion_result: Option<Payloads>,
    pub header: PayloadMap,
    pub memo: PayloadMap,
    pub search_attributes: PayloadMap,
    pub task: EventId,
}
