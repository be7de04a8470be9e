//! One of each event of children and other runs.

use super::*;
use refrain_core::machines::child::{Initiated, Named, Outcome, StartFailedCause};
use refrain_core::machines::external::{FailedCause, Sent, Target};
use refrain_core::machines::{child, external};
use refrain_core::options::{IdReusePolicy, ParentClosePolicy};

fn named() -> Box<Named> {
    Box::new(Named {
        namespace: "default".to_owned(),
        workflow_id: "child-1".to_owned(),
        workflow_type: "Child".to_owned(),
    })
}

pub(super) fn first() -> Event {
    Event::Child(child::Event::Initiated(Box::default()))
}

fn full() -> Initiated {
    Initiated {
        namespace: "default".to_owned(),
        workflow_id: "child-1".to_owned(),
        workflow_type: "Child".to_owned(),
        task_queue: "orders".to_owned(),
        input: args(),
        header: map(),
        execution_timeout: Some(Delay::from_secs(60)),
        run_timeout: Some(Delay(1)),
        task_timeout: Delay::from_secs(10),
        parent_close: ParentClosePolicy::RequestCancel,
        reuse: IdReusePolicy::RejectDuplicate,
        terminate_running: false,
        retry: Some(retry()),
        cron: "@daily".to_owned(),
        memo: map(),
        search_attributes: map(),
        same_version: true,
        priority: Priority { key: Some(1), ..Priority::default() },
        time_skipping: Some(TimeSkipping { fast_forward: None, ..full_skipping() }),
        ahead: Delay(3_600_001),
        task: EventId(4),
        summary: Some(Payload::json("\"s\"")),
        details: Some(Payload::json("\"d\"")),
    }
}

pub(super) fn after_child(event: &child::Event) -> Vec<Event> {
    let initiated = EventId(5);
    let closed = |outcome| {
        vec![Event::Child(child::Event::Closed {
            initiated,
            started: EventId(6),
            child: named(),
            run: RUN,
            outcome,
        })]
    };
    match event {
        child::Event::Initiated(it) if it.workflow_id.is_empty() => {
            let taking = Initiated {
                workflow_id: "a".to_owned(),
                parent_close: ParentClosePolicy::Abandon,
                terminate_running: true,
                ..Initiated::default()
            };
            vec![
                Event::Child(child::Event::Initiated(Box::new(taking))),
                Event::Child(child::Event::Initiated(Box::new(full()))),
            ]
        }
        child::Event::Initiated(_) => [
            (StartFailedCause::WorkflowAlreadyExists, ""),
            (StartFailedCause::NotDeployed, "nothing is deployed to `orders`"),
        ]
        .map(|(cause, reason)| {
            let reason = reason.to_owned();
            Event::Child(child::Event::StartFailed { initiated, child: named(), cause, reason })
        })
        .into(),
        child::Event::StartFailed { .. } => {
            vec![Event::Child(child::Event::Started {
                initiated,
                child: named(),
                run: RUN,
                header: map(),
            })]
        }
        child::Event::Started { .. } => closed(Outcome::Completed { result: args() }),
        child::Event::Closed { outcome, .. } => match outcome {
            Outcome::Completed { .. } => closed(Outcome::Failed {
                failure: all_failures(),
                retry_state: RetryState::MaximumAttemptsReached,
            }),
            Outcome::Failed { .. } => closed(Outcome::Canceled { details: args() }),
            Outcome::Canceled { .. } => {
                closed(Outcome::TimedOut { retry_state: RetryState::Timeout })
            }
            Outcome::TimedOut { .. } => closed(Outcome::Terminated),
            Outcome::Terminated => {
                let signal = Box::new(Sent { name: "go".to_owned(), input: args(), header: map() });
                vec![Event::External(external::Event::SignalInitiated {
                    target: target(),
                    signal,
                    child_only: true,
                    task: EventId(4),
                })]
            }
        },
    }
}

fn target() -> Box<Target> {
    Box::new(Target {
        namespace: "default".to_owned(),
        workflow_id: "other".to_owned(),
        run: Some(RUN),
    })
}

pub(super) fn after_external(event: &external::Event) -> Vec<Event> {
    let initiated = EventId(5);
    let bare = Box::new(Target { run: None, ..*target() });
    match event {
        external::Event::SignalInitiated { .. } => {
            vec![Event::External(external::Event::Signaled { initiated, target: bare })]
        }
        external::Event::Signaled { .. } => [FailedCause::NotFound, FailedCause::SignalLimit]
            .map(|cause| {
                let target = target();
                Event::External(external::Event::SignalFailed { initiated, target, cause })
            })
            .into(),
        external::Event::SignalFailed { .. } => {
            vec![Event::External(external::Event::CancelInitiated {
                target: target(),
                reason: "enough".to_owned(),
                child_only: true,
                task: EventId(4),
            })]
        }
        external::Event::CancelInitiated { .. } => {
            vec![Event::External(external::Event::CancelRequested { initiated, target: bare })]
        }
        external::Event::CancelRequested { .. } => {
            vec![Event::External(external::Event::CancelFailed {
                initiated,
                target: target(),
                cause: FailedCause::NotFound,
            })]
        }
        external::Event::CancelFailed { .. } => Vec::new(),
    }
}
