//! What a run knows about itself. All of it is the same in replay.

use std::time::{Duration, SystemTime};

use serde::de::DeserializeOwned;

use crate::bindings::context;
use crate::operation::Started;
use crate::payload::from_payloads;
use crate::{Failure, Operation, Result};

pub use context::WorkflowInfo as Info;

pub fn info() -> Info {
    context::info()
}

/// What the last run of the chain that completed returned: under a cron string, a schedule, or in a
/// run that continues another one. `None`: there was none.
pub fn last_result<T: DeserializeOwned + 'static>() -> Result<Option<T>> {
    info().last_completion_result.map(|it| from_payloads(&it)).transpose()
}

/// Why the run before this one failed, if it did.
pub fn last_failure() -> Option<Failure> {
    info().last_failure.map(Failure::from_wire)
}

/// Time of the last event. It stands still while the workflow runs.
pub fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(context::now_ms())
}

pub fn random() -> u64 {
    context::random_u64()
}

pub fn random_bytes(length: u32) -> Vec<u8> {
    context::random_bytes(length)
}

pub fn uuid4() -> String {
    context::uuid4()
}

/// For metrics only: a workflow that decides by it diverges.
pub fn is_replaying() -> bool {
    context::is_replaying()
}

/// True on the new side of a change, false for runs that passed here before the change.
pub fn patched(id: &str) -> bool {
    context::patched(id)
}

pub fn deprecate_patch(id: &str) {
    context::deprecate_patch(id);
}

/// Resolves with the reason when cancellation of this run is requested.
pub fn cancellation() -> Operation<String> {
    let started = Started::alone(context::cancellation());
    Operation::new(Ok(started), |request: context::CancelRequest| Ok(request.reason))
}

pub fn history_length() -> u32 {
    context::history_length()
}

pub fn history_size() -> u64 {
    context::history_size()
}

pub fn continue_as_new_suggested() -> bool {
    context::continue_as_new_suggested()
}
