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

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;

    const RUN: RunId = RunId(1);

    fn current(status: execution::State) -> Current {
        Current { run: RUN, status, start_request_id: "first".to_owned() }
    }

    fn cell(admission: Admission) -> &'static str {
        match admission {
            Admission::New => "new",
            Admission::Existing { started: false, .. } => "existing",
            Admission::Existing { started: true, .. } => "its own",
            Admission::TerminateFirst { .. } => "terminate",
            Admission::Refused { .. } => "refused",
        }
    }

    #[test]
    fn every_pair_of_policies_meets_every_status() {
        use execution::State;
        let mut table = String::new();
        for (reuse, reuse_name) in [
            (IdReusePolicy::AllowDuplicate, "allow"),
            (IdReusePolicy::AllowDuplicateFailedOnly, "failed only"),
            (IdReusePolicy::RejectDuplicate, "reject"),
        ] {
            for (conflict, conflict_name) in [
                (IdConflictPolicy::Fail, "fail"),
                (IdConflictPolicy::UseExisting, "use"),
                (IdConflictPolicy::TerminateExisting, "terminate"),
            ] {
                table.push_str(&format!("{reuse_name}, {conflict_name}:"));
                for status in [
                    State::Running,
                    State::CancelRequested,
                    State::Paused { cancel_requested: false },
                    State::Completed,
                    State::Failed,
                    State::Canceled,
                    State::TimedOut,
                    State::Terminated,
                    State::ContinuedAsNew,
                ] {
                    let admission = start(Some(&current(status)), "second", reuse, conflict);
                    table.push_str(&format!(" {}={}", status.name(), cell(admission)));
                }
                table.push('\n');
            }
        }
        expect![[r#"
            allow, fail: Running=refused CancelRequested=refused Paused=refused Completed=new Failed=new Canceled=new TimedOut=new Terminated=new ContinuedAsNew=new
            allow, use: Running=existing CancelRequested=existing Paused=existing Completed=new Failed=new Canceled=new TimedOut=new Terminated=new ContinuedAsNew=new
            allow, terminate: Running=terminate CancelRequested=terminate Paused=terminate Completed=new Failed=new Canceled=new TimedOut=new Terminated=new ContinuedAsNew=new
            failed only, fail: Running=refused CancelRequested=refused Paused=refused Completed=refused Failed=new Canceled=new TimedOut=new Terminated=new ContinuedAsNew=new
            failed only, use: Running=existing CancelRequested=existing Paused=existing Completed=refused Failed=new Canceled=new TimedOut=new Terminated=new ContinuedAsNew=new
            failed only, terminate: Running=terminate CancelRequested=terminate Paused=terminate Completed=refused Failed=new Canceled=new TimedOut=new Terminated=new ContinuedAsNew=new
            reject, fail: Running=refused CancelRequested=refused Paused=refused Completed=refused Failed=refused Canceled=refused TimedOut=refused Terminated=refused ContinuedAsNew=refused
            reject, use: Running=existing CancelRequested=existing Paused=existing Completed=refused Failed=refused Canceled=refused TimedOut=refused Terminated=refused ContinuedAsNew=refused
            reject, terminate: Running=terminate CancelRequested=terminate Paused=terminate Completed=refused Failed=refused Canceled=refused TimedOut=refused Terminated=refused ContinuedAsNew=refused
        "#]].assert_eq(&table);
    }

    #[test]
    fn an_id_that_was_never_used_is_free_under_every_policy() {
        let admission =
            start(None, "first", IdReusePolicy::RejectDuplicate, IdConflictPolicy::Fail);
        assert_eq!(admission, Admission::New);
    }

    #[test]
    fn the_same_request_again_gets_the_run_that_it_began_even_if_that_is_over() {
        for status in [execution::State::Running, execution::State::Failed] {
            let admission = start(
                Some(&current(status)),
                "first",
                IdReusePolicy::RejectDuplicate,
                IdConflictPolicy::TerminateExisting,
            );
            assert_eq!(admission, Admission::Existing { run: RUN, started: true });
        }
    }

    #[test]
    fn requests_without_an_id_are_never_the_same() {
        let nameless =
            Current { start_request_id: String::new(), ..current(execution::State::Running) };
        let admission =
            start(Some(&nameless), "", IdReusePolicy::AllowDuplicate, IdConflictPolicy::Fail);
        assert_eq!(admission, Admission::Refused { run: RUN, start_request_id: String::new() });
    }
}
