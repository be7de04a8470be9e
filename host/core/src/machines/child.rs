//! A child workflow as its parent sees it: initiated, started, closed once.
//!
//! The child is a run of its own. What its parent learns of it comes as messages (see
//! [`crate::message`]), in their order: it started or could not, and how the last run of its chain
//! ended.

use crate::errors::IllegalTransition;
use crate::failure::{Failure, FailureKind, RetryState, TimeoutType};
use crate::ids::{EventId, OpSeq, RunId};
use crate::machines::execution;
use crate::options::{
    ChildCancellation, IdReusePolicy, ParentClosePolicy, Priority, RetryPolicy, TimeSkipping,
};
use crate::payload::{self, Payload, PayloadMap, Payloads};
use crate::time::Delay;

/// Wished by the guest. Canceling goes by operation, see `Command::Cancel` of all machines.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    Start(Box<Start>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Start {
    pub op: OpSeq,
    pub cancellation: ChildCancellation,
    /// Its namespace and its task are filled in when the event is decided. An empty task queue is
    /// the parent's own.
    pub child: Initiated,
}

/// All that a parent says about a child.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Initiated {
    pub namespace: String,
    pub workflow_id: String,
    pub workflow_type: String,
    pub task_queue: String,
    pub input: Payloads,
    pub header: PayloadMap,
    pub execution_timeout: Option<Delay>,
    pub run_timeout: Option<Delay>,
    pub task_timeout: Delay,
    pub parent_close: ParentClosePolicy,
    pub reuse: IdReusePolicy,
    /// An open run of its workflow id makes way for it.
    pub terminate_running: bool,
    pub retry: Option<RetryPolicy>,
    pub cron: String,
    pub memo: PayloadMap,
    pub search_attributes: PayloadMap,
    /// It runs on the component of its parent, not on the one that is current on its task queue.
    pub same_version: bool,
    pub priority: Priority,
    pub time_skipping: Option<TimeSkipping>,
    /// So far its parent's clock is ahead of the host's.
    pub ahead: Delay,
    pub task: EventId,
    /// Shown by tools: one line, and a text.
    pub summary: Option<Payload>,
    pub details: Option<Payload>,
}

/// Which child an event is about, beside the event that initiated it.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Named {
    pub namespace: String,
    pub workflow_id: String,
    pub workflow_type: String,
}

#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few exist at a time, and none is kept in bulk")]
pub enum Event {
    Initiated(Box<Initiated>),
    StartFailed {
        initiated: EventId,
        child: Box<Named>,
        cause: StartFailedCause,
        /// For people. Empty where the cause says all.
        reason: String,
    },
    Started {
        initiated: EventId,
        child: Box<Named>,
        run: RunId,
        /// As the start said.
        header: PayloadMap,
    },
    /// The last run of its chain. Temporal has an event for each outcome.
    Closed {
        initiated: EventId,
        started: EventId,
        child: Box<Named>,
        run: RunId,
        outcome: Outcome,
    },
}

/// In Temporal's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StartFailedCause {
    WorkflowAlreadyExists,
    /// No component is deployed that has it. Temporal has no word for that: there it waits.
    NotDeployed,
}

/// How a child ended.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "few exist at a time, and none is kept in bulk")]
pub enum Outcome {
    Completed { result: Payloads },
    Failed { failure: Failure, retry_state: RetryState },
    Canceled { details: Payloads },
    TimedOut { retry_state: RetryState },
    Terminated,
}

/// In the words of Temporal's SDKs, as the others below: people look for them in logs.
pub const CHILD_CANCELED: &str = "Child Workflow execution cancelled";

impl Outcome {
    /// What the child's closing event means to its parent. `None`: it did not close a chain.
    pub fn of(closing: &execution::Event) -> Option<Outcome> {
        if closing.new_run().is_some() {
            return None;
        }
        match closing {
            execution::Event::Completed { result, .. } => {
                Some(Outcome::Completed { result: result.clone() })
            }
            execution::Event::Failed { failure, retry_state, .. } => {
                Some(Outcome::Failed { failure: failure.clone(), retry_state: *retry_state })
            }
            execution::Event::Canceled { details, .. } => {
                Some(Outcome::Canceled { details: details.clone() })
            }
            execution::Event::TimedOut { retry_state, .. } => {
                Some(Outcome::TimedOut { retry_state: *retry_state })
            }
            execution::Event::Terminated { .. } => Some(Outcome::Terminated),
            execution::Event::Started(_)
            | execution::Event::CancelRequested { .. }
            | execution::Event::ContinuedAsNew(_)
            | execution::Event::Paused { .. }
            | execution::Event::Unpaused { .. }
            | execution::Event::OptionsUpdated { .. }
            | execution::Event::RequestAttached { .. } => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    Absent,
    Initiated,
    Started { started: EventId, run: RunId },
    StartFailed,
    Closed,
}

impl State {
    pub fn name(self) -> &'static str {
        match self {
            State::Absent => "Absent",
            State::Initiated => "Initiated",
            State::Started { .. } => "Started",
            State::StartFailed => "StartFailed",
            State::Closed => "Closed",
        }
    }

    pub fn is_over(self) -> bool {
        match self {
            State::Absent | State::Initiated | State::Started { .. } => false,
            State::StartFailed | State::Closed => true,
        }
    }

    /// Its run, once it has one.
    pub fn run(self) -> Option<RunId> {
        match self {
            State::Started { run, .. } => Some(run),
            State::Absent | State::Initiated | State::StartFailed | State::Closed => None,
        }
    }

    /// Applies one recorded event, whose id is `id`.
    pub fn apply(self, id: EventId, event: &Event) -> Result<State, IllegalTransition> {
        match (self, event) {
            (State::Absent, Event::Initiated(_)) => Ok(State::Initiated),
            (State::Initiated, Event::StartFailed { .. }) => Ok(State::StartFailed),
            (State::Initiated, Event::Started { run, .. }) => {
                Ok(State::Started { started: id, run: *run })
            }
            (State::Started { .. }, Event::Closed { .. }) => Ok(State::Closed),

            (
                State::Absent,
                Event::StartFailed { .. } | Event::Started { .. } | Event::Closed { .. },
            )
            | (State::Initiated, Event::Initiated(_) | Event::Closed { .. })
            | (
                State::Started { .. },
                Event::Initiated(_) | Event::StartFailed { .. } | Event::Started { .. },
            )
            | (
                State::StartFailed | State::Closed,
                Event::Initiated(_)
                | Event::StartFailed { .. }
                | Event::Started { .. }
                | Event::Closed { .. },
            ) => Err(IllegalTransition::new("child", self.name(), event.name())),
        }
    }
}

impl Event {
    pub fn wished_in_task(&self) -> Option<EventId> {
        match self {
            Event::Initiated(child) => Some(child.task),
            Event::StartFailed { .. } | Event::Started { .. } | Event::Closed { .. } => None,
        }
    }

    /// Timeouts, policies and what tools show may be changed in a running program. Which child,
    /// with which arguments, decides what the guest does next.
    pub fn answers(&self, decided: &Event) -> bool {
        match (self, decided) {
            (Event::Initiated(was), Event::Initiated(is)) => {
                was.workflow_id == is.workflow_id
                    && was.workflow_type == is.workflow_type
                    && payload::all_answer(&was.input, &is.input)
            }
            (
                Event::Initiated(_)
                | Event::StartFailed { .. }
                | Event::Started { .. }
                | Event::Closed { .. },
                _,
            ) => false,
        }
    }

    pub fn name(&self) -> &'static str {
        match self {
            Event::Initiated(_) => "Initiated",
            Event::StartFailed { .. } => "StartFailed",
            Event::Started { .. } => "Started",
            Event::Closed { outcome, .. } => outcome.name(),
        }
    }
}

impl Initiated {
    pub fn named(&self) -> Box<Named> {
        Box::new(Named {
            namespace: self.namespace.clone(),
            workflow_id: self.workflow_id.clone(),
            workflow_type: self.workflow_type.clone(),
        })
    }

    /// What the parent's program sees of a child that did not succeed.
    pub fn failure(
        &self,
        message: &str,
        initiated: EventId,
        state: State,
        retry_state: RetryState,
        cause: Failure,
    ) -> Failure {
        let (started, run) = match state {
            State::Started { started, run } => (started, Some(run)),
            State::Absent | State::Initiated | State::StartFailed | State::Closed => {
                (EventId(0), None)
            }
        };
        let kind = FailureKind::ChildWorkflow {
            namespace: self.namespace.clone(),
            workflow_id: self.workflow_id.clone(),
            run,
            workflow_type: self.workflow_type.clone(),
            initiated,
            started,
            retry_state,
        };
        let (message, source) = (message.to_owned(), "refrain".to_owned());
        Failure { message, source, kind, ..Failure::default() }.caused_by(cause)
    }
}

impl StartFailedCause {
    /// Why, as the parent's program sees it.
    pub fn failure(self, workflow_id: &str, reason: &str) -> Failure {
        match self {
            StartFailedCause::WorkflowAlreadyExists => Failure::host(
                "WorkflowExecutionAlreadyStarted",
                format!("workflow id `{workflow_id}` is in use"),
            ),
            StartFailedCause::NotDeployed => Failure::host("WorkflowNotDeployed", reason),
        }
    }
}

impl Outcome {
    pub fn name(&self) -> &'static str {
        match self {
            Outcome::Completed { .. } => "Completed",
            Outcome::Failed { .. } => "Failed",
            Outcome::Canceled { .. } => "Canceled",
            Outcome::TimedOut { .. } => "TimedOut",
            Outcome::Terminated => "Terminated",
        }
    }

    /// The result; or why there is none: a message, whether it was tried again, and the cause.
    pub fn into_result(self) -> Result<Payloads, Box<(&'static str, RetryState, Failure)>> {
        let of_host = |message: &str, kind| Failure {
            message: message.to_owned(),
            source: "refrain".to_owned(),
            kind,
            ..Failure::default()
        };
        Err(Box::new(match self {
            Outcome::Completed { result } => return Ok(result),
            Outcome::Failed { failure, retry_state } => {
                ("Child Workflow execution failed", retry_state, failure)
            }
            Outcome::Canceled { details } => {
                let cause = Failure::canceled_with(details);
                (CHILD_CANCELED, RetryState::NonRetryableFailure, cause)
            }
            Outcome::TimedOut { retry_state } => {
                let timeout = TimeoutType::StartToClose;
                let kind = FailureKind::Timeout { timeout, last_heartbeat: Vec::new() };
                ("Child Workflow execution timed out", retry_state, of_host("Timed out", kind))
            }
            Outcome::Terminated => (
                "Child Workflow execution terminated",
                RetryState::NonRetryableFailure,
                of_host("Terminated", FailureKind::Terminated),
            ),
        }))
    }
}
