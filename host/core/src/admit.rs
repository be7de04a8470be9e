//! What becomes of a request to start, given the run that has the workflow id now.

use crate::ids::RunId;
use crate::machines::execution;
use crate::options::{IdConflictPolicy, IdReusePolicy};

/// The latest run under a workflow id.
#[derive(Clone, Debug, PartialEq)]
pub struct Current {
    pub run: RunId,
    pub status: execution::State,
    pub start_request_id: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// A new run; nothing is in its way.
    New,
    /// The caller gets this run. `started`: it is the one that this very request began.
    Existing { run: RunId, started: bool },
    /// End the open run, then begin a new one, in one commit.
    TerminateFirst { run: RunId },
    /// `WorkflowExecutionAlreadyStarted`.
    Refused { run: RunId, start_request_id: String },
}

/// Policies that contradict each other are refused at the door, before this.
pub fn start(
    current: Option<&Current>,
    request_id: &str,
    reuse: IdReusePolicy,
    conflict: IdConflictPolicy,
) -> Admission {
    let Some(current) = current else { return Admission::New };
    // The same request again: its answer is the run it began, whatever became of it since.
    if !request_id.is_empty() && current.start_request_id == request_id {
        return Admission::Existing { run: current.run, started: true };
    }
    let refused = || Admission::Refused {
        run: current.run,
        start_request_id: current.start_request_id.clone(),
    };
    if current.status.is_open() {
        return match conflict {
            IdConflictPolicy::Fail => refused(),
            IdConflictPolicy::UseExisting => {
                Admission::Existing { run: current.run, started: false }
            }
            IdConflictPolicy::TerminateExisting => Admission::TerminateFirst { run: current.run },
        };
    }
    match (reuse, current.status) {
        (IdReusePolicy::AllowDuplicate, _) => Admission::New,
        (IdReusePolicy::AllowDuplicateFailedOnly, execution::State::Completed) => refused(),
        (IdReusePolicy::AllowDuplicateFailedOnly, _) => Admission::New,
        (IdReusePolicy::RejectDuplicate, _) => refused(),
    }
}
