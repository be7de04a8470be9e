//! What runs send each other: the outbox.
//!
//! A message is a row, written in the same commit as the event it comes of. The receiver's commit
//! deletes the row together with what it made of it, so it arrives exactly once, whenever the host
//! dies. A request that wants an answer gets it in its own place: the answer has the request's id,
//! and the commit that takes the one writes the other.

use crate::arrival::{Accepted, Arrival, Refused};
use crate::ids::{Digest, EventId, ExecutionKey, RunId, RunKey};
use crate::machines::child::{Outcome, StartFailedCause};
use crate::machines::execution::{Started, WorkflowRun};
use crate::machines::external::FailedCause;
use crate::machines::signal::Signal;
use crate::options::{IdConflictPolicy, IdReusePolicy};

/// Who asks, where the host itself does.
pub const HOST: &str = "refrain";
/// Why a child was terminated, in Temporal's words.
pub const BY_PARENT_CLOSE_POLICY: &str = "by parent close policy";
/// Why a run was terminated that a start found in its way. The same, whatever the policy was called.
pub const BY_NEW_RUN: &str = "TerminateIfRunning WorkflowIdReusePolicy";

/// Begins with the run whose event it comes of, so that messages of a run lie together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId {
    pub run: RunId,
    pub event: EventId,
    /// Counts the messages of one event.
    pub n: u32,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub id: MessageId,
    /// The receiver.
    pub to: ExecutionKey,
    pub body: Body,
}

/// A message of a run that does not know its own name. Receivers are of the same namespace.
#[derive(Clone, Debug, PartialEq)]
pub struct Outgoing {
    pub event: EventId,
    pub n: u32,
    /// A workflow id.
    pub to: String,
    pub body: Body,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    StartChild(Box<StartChild>),
    Signal {
        target: Receiver,
        signal: Box<Signal>,
    },
    Cancel {
        target: Receiver,
        cause: String,
        from: Origin,
    },
    /// The parent has closed. `base`: see [`Receiver`].
    TerminateChild {
        base: Option<RunId>,
    },
    /// The parent has closed.
    CancelChild {
        parent: String,
        base: Option<RunId>,
    },

    // What a sender learns.
    ChildStarted {
        run: RunId,
    },
    ChildStartFailed {
        cause: StartFailedCause,
        reason: String,
    },
    /// Also says that it started.
    ChildClosed {
        parent: RunId,
        initiated: EventId,
        outcome: Box<Outcome>,
    },
    Signaled,
    SignalFailed {
        cause: FailedCause,
    },
    CancelRequested,
    CancelFailed {
        cause: FailedCause,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct StartChild {
    /// `first_run` and what follows from it are filled in where it starts.
    pub started: Started,
    pub reuse: IdReusePolicy,
    pub conflict: IdConflictPolicy,
    /// `None`: the one that is current on its task queue.
    pub component: Option<Digest>,
}

/// Which run of the receiver is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Receiver {
    /// `None`: the latest.
    pub run: Option<RunId>,
    /// Only if it is a child of the sender.
    pub child_only: bool,
    /// The run that began the child, if the sender was reset from that.
    pub base: Option<RunId>,
}

/// The event of another run that something comes of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub workflow: WorkflowRun,
    /// 0: none of its own, the run has closed.
    pub initiated: EventId,
}

/// What a receiver is known by, before its history is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    pub run: RunId,
    pub is_open: bool,
}

/// What becomes of a message, given the receiver's latest run.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    /// The run takes it, as this.
    Arrives(Box<Arrival>),
    /// There is nobody to take it; the answer, if the sender waits for one.
    Dropped(Option<Body>),
}

impl Outgoing {
    pub fn from(self, sender: &RunKey) -> Message {
        let namespace = sender.execution.namespace;
        Message {
            id: MessageId { run: sender.run, event: self.event, n: self.n },
            to: ExecutionKey { namespace, workflow: self.to.into() },
            body: self.body,
        }
    }
}

impl Message {
    /// Makes a start harmless that is tried twice: the child's run keeps it.
    pub fn request_id(&self) -> String {
        let MessageId { run, event, n: _ } = self.id;
        format!("{run}:{event}")
    }

    /// The answer, in this message's place. `to`: whom it came from, a workflow id.
    fn answered(&self, to: &str, body: Body) -> Message {
        let namespace = self.to.namespace;
        Message { id: self.id, to: ExecutionKey { namespace, workflow: to.into() }, body }
    }

    /// Whom an answer goes to. `None`: nobody waits for one.
    fn sender(&self) -> Option<&str> {
        match &self.body {
            Body::StartChild(start) => {
                start.started.parent.as_ref().map(|it| it.workflow.workflow_id.as_str())
            }
            Body::Signal { signal, .. } => signal.from.as_ref().map(|it| it.workflow_id.as_str()),
            Body::Cancel { from, .. } => Some(&from.workflow.workflow_id),
            Body::TerminateChild { .. }
            | Body::CancelChild { .. }
            | Body::ChildStarted { .. }
            | Body::ChildStartFailed { .. }
            | Body::ChildClosed { .. }
            | Body::Signaled
            | Body::SignalFailed { .. }
            | Body::CancelRequested
            | Body::CancelFailed { .. } => None,
        }
    }

    pub fn answer(&self, body: Body) -> Option<Message> {
        self.sender().map(|to| self.answered(to, body))
    }

    /// The answer to a message that its receiver took as an arrival, by what the run said to it.
    pub fn answer_to(&self, reply: Result<Accepted, Refused>) -> Option<Message> {
        match (&self.body, reply) {
            (Body::Signal { .. }, Ok(_)) => self.answer(Body::Signaled),
            (Body::Signal { .. }, Err(refused)) => {
                let cause = match refused {
                    Refused::SignalLimit { .. } => FailedCause::SignalLimit,
                    _ => FailedCause::NotFound,
                };
                self.answer(Body::SignalFailed { cause })
            }
            (Body::Cancel { .. }, Ok(_)) => self.answer(Body::CancelRequested),
            (Body::Cancel { .. }, Err(_)) => {
                self.answer(Body::CancelFailed { cause: FailedCause::NotFound })
            }
            (
                Body::StartChild(_)
                | Body::TerminateChild { .. }
                | Body::CancelChild { .. }
                | Body::ChildStarted { .. }
                | Body::ChildStartFailed { .. }
                | Body::ChildClosed { .. }
                | Body::Signaled
                | Body::SignalFailed { .. }
                | Body::CancelRequested
                | Body::CancelFailed { .. },
                _,
            ) => None,
        }
    }

    /// What becomes of any message but a start.
    pub fn fate(&self, found: Option<Found>) -> Fate {
        let open = found.filter(|it| it.is_open);
        let arrives = |arrival| Fate::Arrives(Box::new(arrival));
        // Whose child a run is, its history says.
        let for_child = |is_child: bool, base: Option<RunId>, arrival| match is_child {
            true => {
                let parent = base.unwrap_or(self.id.run);
                arrives(Arrival::FromParent { parent, arrival: Box::new(arrival) })
            }
            false => arrives(arrival),
        };
        // An answer goes to the run that asked, or to one that was reset from it. Any other run of
        // the workflow id has events of its own under these numbers.
        let to_run = |run: RunId, initiated: EventId, arrival| match open {
            Some(it) if it.run == run => arrives(arrival),
            Some(_) => {
                arrives(Arrival::ForBase { base: run, initiated, arrival: Box::new(arrival) })
            }
            None => Fate::Dropped(None),
        };
        let initiated = self.id.event;
        let asked = |arrival| to_run(self.id.run, initiated, arrival);
        match &self.body {
            Body::StartChild(_) => Fate::Dropped(None),
            Body::Signal { target, signal } => match open.filter(|it| target.is(it)) {
                Some(_) => {
                    for_child(target.child_only, target.base, Arrival::Signal((**signal).clone()))
                }
                None => Fate::Dropped(Some(Body::SignalFailed { cause: FailedCause::NotFound })),
            },
            Body::Cancel { target, cause, from } => {
                match found.filter(|it| target.is(it)) {
                    Some(it) if it.is_open => {
                        let arrival = Arrival::CancelRequest {
                            cause: cause.clone(),
                            identity: HOST.to_owned(),
                            from: Some(Box::new(from.clone())),
                        };
                        for_child(target.child_only, target.base, arrival)
                    }
                    // A run that is over needs no cancel, and that is no error.
                    Some(_) => Fate::Dropped(Some(Body::CancelRequested)),
                    None => {
                        Fate::Dropped(Some(Body::CancelFailed { cause: FailedCause::NotFound }))
                    }
                }
            }
            Body::TerminateChild { base } => match open {
                Some(_) => {
                    let arrival = Arrival::Terminate {
                        reason: BY_PARENT_CLOSE_POLICY.to_owned(),
                        details: Vec::new(),
                        identity: HOST.to_owned(),
                    };
                    for_child(true, *base, arrival)
                }
                None => Fate::Dropped(None),
            },
            Body::CancelChild { parent, base } => match open {
                Some(_) => {
                    let workflow = WorkflowRun { workflow_id: parent.clone(), run: self.id.run };
                    let arrival = Arrival::CancelRequest {
                        cause: BY_PARENT_CLOSE_POLICY.to_owned(),
                        identity: HOST.to_owned(),
                        from: Some(Box::new(Origin { workflow, initiated: EventId(0) })),
                    };
                    for_child(true, *base, arrival)
                }
                None => Fate::Dropped(None),
            },
            Body::ChildStarted { run } => asked(Arrival::ChildStarted { initiated, run: *run }),
            Body::ChildStartFailed { cause, reason } => asked(Arrival::ChildStartFailed {
                initiated,
                cause: *cause,
                reason: reason.clone(),
            }),
            Body::ChildClosed { parent, initiated, outcome } => to_run(
                *parent,
                *initiated,
                Arrival::ChildClosed {
                    initiated: *initiated,
                    run: self.id.run,
                    outcome: outcome.clone(),
                },
            ),
            Body::Signaled => asked(Arrival::ExternalSignaled { initiated, failed: None }),
            Body::SignalFailed { cause } => {
                asked(Arrival::ExternalSignaled { initiated, failed: Some(*cause) })
            }
            Body::CancelRequested => asked(Arrival::ExternalCanceled { initiated, failed: None }),
            Body::CancelFailed { cause } => {
                asked(Arrival::ExternalCanceled { initiated, failed: Some(*cause) })
            }
        }
    }
}

impl Receiver {
    fn is(&self, found: &Found) -> bool {
        self.run.is_none_or(|run| run == found.run)
    }
}
