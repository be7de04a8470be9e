//! Messages between runs. What a message becomes where it arrives is stored as that event.

use crate::api::history::v1::HistoryEvent;
use crate::{DecodeError, event};
use prost::Message as _;
use refrain_core::event::Recorded;
use refrain_core::ids::{Digest, EventId, RunId};
use refrain_core::machines::child::{Named, StartFailedCause};
use refrain_core::machines::external::FailedCause;
use refrain_core::machines::{Event, child, execution, signal};
use refrain_core::message::{Body, Receiver, StartChild};
use refrain_core::options::{IdConflictPolicy, IdReusePolicy};
use refrain_core::time::Timestamp;

const VERSION: u32 = 1;
const WHAT: &str = "stored message";

#[derive(Clone, PartialEq, prost::Message)]
struct StoredMessage {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(oneof = "StoredBody", tags = "2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13")]
    body: Option<StoredBody>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum StoredBody {
    #[prost(message, tag = "2")]
    StartChild(Box<StoredStart>),
    #[prost(message, tag = "3")]
    Signal(Box<StoredRequest>),
    #[prost(message, tag = "4")]
    Cancel(Box<StoredRequest>),
    #[prost(message, tag = "5")]
    TerminateChild(StoredParent),
    #[prost(message, tag = "6")]
    CancelChild(StoredParent),
    #[prost(bytes, tag = "7")]
    ChildStarted(Vec<u8>),
    #[prost(message, tag = "8")]
    ChildStartFailed(StoredStartFailed),
    #[prost(message, tag = "9")]
    ChildClosed(Box<StoredClosed>),
    #[prost(message, tag = "10")]
    Signaled(()),
    #[prost(uint32, tag = "11")]
    SignalFailed(u32),
    #[prost(message, tag = "12")]
    CancelRequested(()),
    #[prost(uint32, tag = "13")]
    CancelFailed(u32),
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredStart {
    /// `WorkflowExecutionStarted`.
    #[prost(message, optional, tag = "1")]
    event: Option<HistoryEvent>,
    #[prost(uint32, tag = "2")]
    reuse: u32,
    #[prost(uint32, tag = "3")]
    conflict: u32,
    /// Empty: the current one.
    #[prost(bytes = "vec", tag = "4")]
    component: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredRequest {
    /// `WorkflowExecutionSignaled` or `WorkflowExecutionCancelRequested`.
    #[prost(message, optional, tag = "1")]
    event: Option<HistoryEvent>,
    /// Empty: the latest.
    #[prost(bytes = "vec", tag = "2")]
    run: Vec<u8>,
    #[prost(bool, tag = "3")]
    child_only: bool,
    /// Empty: the sender.
    #[prost(bytes = "vec", tag = "4")]
    base: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredParent {
    /// Only with a request to cancel.
    #[prost(string, tag = "1")]
    workflow_id: String,
    /// Empty: the sender.
    #[prost(bytes = "vec", tag = "2")]
    base: Vec<u8>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredStartFailed {
    #[prost(uint32, tag = "1")]
    cause: u32,
    #[prost(string, tag = "2")]
    reason: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredClosed {
    #[prost(bytes = "vec", tag = "1")]
    parent: Vec<u8>,
    /// One of the five that say how a child has ended.
    #[prost(message, optional, tag = "2")]
    event: Option<HistoryEvent>,
}

/// All of a message but its address.
pub fn encode_message(body: &Body) -> Vec<u8> {
    StoredMessage { version: VERSION, body: Some(to_stored(body)) }.encode_to_vec()
}

pub fn decode_message(bytes: &[u8]) -> Result<Body, DecodeError> {
    let row = StoredMessage::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: WHAT, cause })?;
    if row.version != VERSION {
        let (found, expected) = (row.version, VERSION);
        return Err(DecodeError::UnknownVersion { what: WHAT, found, expected });
    }
    from_stored(row.body.ok_or(DecodeError::Missing { what: WHAT })?)
}

fn to_stored(body: &Body) -> StoredBody {
    match body {
        Body::StartChild(it) => {
            let started = execution::Event::Started(Box::new(it.started.clone()));
            StoredBody::StartChild(Box::new(StoredStart {
                event: in_line(Event::Execution(started)),
                reuse: reuse_to_stored(it.reuse),
                conflict: conflict_to_stored(it.conflict),
                component: it.component.map(|it| it.0.to_vec()).unwrap_or_default(),
            }))
        }
        Body::Signal { target, signal } => {
            let event = Event::Signal(signal::Event::Received(signal.clone()));
            StoredBody::Signal(Box::new(request(target, event)))
        }
        Body::Cancel { target, cause, from } => {
            let event = Event::Execution(execution::Event::CancelRequested {
                cause: cause.clone(),
                identity: String::new(),
                from: Some(Box::new(from.clone())),
            });
            StoredBody::Cancel(Box::new(request(target, event)))
        }
        Body::TerminateChild { base } => StoredBody::TerminateChild(StoredParent {
            workflow_id: String::new(),
            base: run_to_stored(*base),
        }),
        Body::CancelChild { parent, base } => StoredBody::CancelChild(StoredParent {
            workflow_id: parent.clone(),
            base: run_to_stored(*base),
        }),
        Body::ChildStarted { run } => StoredBody::ChildStarted(run.to_bytes().to_vec()),
        Body::ChildStartFailed { cause, reason } => {
            StoredBody::ChildStartFailed(StoredStartFailed {
                cause: match cause {
                    StartFailedCause::WorkflowAlreadyExists => 1,
                    StartFailedCause::NotDeployed => 2,
                },
                reason: reason.clone(),
            })
        }
        Body::ChildClosed { parent, initiated, outcome } => {
            let event = child::Event::Closed {
                initiated: *initiated,
                started: EventId(0),
                child: Box::new(Named::default()),
                run: RunId(0),
                outcome: (**outcome).clone(),
            };
            let event = in_line(Event::Child(event));
            let parent = parent.to_bytes().to_vec();
            StoredBody::ChildClosed(Box::new(StoredClosed { parent, event }))
        }
        Body::Signaled => StoredBody::Signaled(()),
        Body::SignalFailed { cause } => StoredBody::SignalFailed(cause_to_stored(*cause)),
        Body::CancelRequested => StoredBody::CancelRequested(()),
        Body::CancelFailed { cause } => StoredBody::CancelFailed(cause_to_stored(*cause)),
    }
}

fn from_stored(body: StoredBody) -> Result<Body, DecodeError> {
    Ok(match body {
        StoredBody::StartChild(it) => match out_of_line(it.event)? {
            Event::Execution(execution::Event::Started(started)) => {
                Body::StartChild(Box::new(StartChild {
                    started: *started,
                    reuse: reuse_from_stored(it.reuse)?,
                    conflict: conflict_from_stored(it.conflict)?,
                    component: match it.component.as_slice() {
                        [] => None,
                        bytes => Some(Digest(bytes.try_into().map_err(|_| {
                            DecodeError::bad("stored component", bytes.len(), "32 bytes")
                        })?)),
                    },
                }))
            }
            other => return Err(unexpected(&other)),
        },
        StoredBody::Signal(it) => match out_of_line(it.event)? {
            Event::Signal(signal::Event::Received(signal)) => {
                Body::Signal { target: receiver(&it.run, it.child_only, &it.base)?, signal }
            }
            other => return Err(unexpected(&other)),
        },
        StoredBody::Cancel(it) => match out_of_line(it.event)? {
            Event::Execution(execution::Event::CancelRequested {
                cause, from: Some(from), ..
            }) => {
                let target = receiver(&it.run, it.child_only, &it.base)?;
                Body::Cancel { target, cause, from: *from }
            }
            other => return Err(unexpected(&other)),
        },
        StoredBody::TerminateChild(it) => Body::TerminateChild { base: run_or_none(&it.base)? },
        StoredBody::CancelChild(it) => {
            Body::CancelChild { parent: it.workflow_id, base: run_or_none(&it.base)? }
        }
        StoredBody::ChildStarted(run) => Body::ChildStarted { run: run_of(&run)? },
        StoredBody::ChildStartFailed(it) => Body::ChildStartFailed {
            cause: match it.cause {
                1 => StartFailedCause::WorkflowAlreadyExists,
                2 => StartFailedCause::NotDeployed,
                other => return Err(DecodeError::bad("stored start's cause", other, "1 or 2")),
            },
            reason: it.reason,
        },
        StoredBody::ChildClosed(it) => match out_of_line(it.event)? {
            Event::Child(child::Event::Closed { initiated, outcome, .. }) => Body::ChildClosed {
                parent: run_of(&it.parent)?,
                initiated,
                outcome: Box::new(outcome),
            },
            other => return Err(unexpected(&other)),
        },
        StoredBody::Signaled(()) => Body::Signaled,
        StoredBody::SignalFailed(cause) => Body::SignalFailed { cause: cause_from_stored(cause)? },
        StoredBody::CancelRequested(()) => Body::CancelRequested,
        StoredBody::CancelFailed(cause) => Body::CancelFailed { cause: cause_from_stored(cause)? },
    })
}

/// An event that is in no history yet.
fn in_line(event: Event) -> Option<HistoryEvent> {
    Some(event::to_proto(&Recorded { id: EventId(0), time: Timestamp(0), event }))
}

fn out_of_line(event: Option<HistoryEvent>) -> Result<Event, DecodeError> {
    let event = event.ok_or(DecodeError::Missing { what: WHAT })?;
    event::from_proto(event).map(|it| it.event)
}

fn unexpected(found: &Event) -> DecodeError {
    DecodeError::bad(WHAT, found, "the event that a message of its kind becomes")
}

fn request(target: &Receiver, event: Event) -> StoredRequest {
    StoredRequest {
        event: in_line(event),
        run: run_to_stored(target.run),
        child_only: target.child_only,
        base: run_to_stored(target.base),
    }
}

fn receiver(run: &[u8], child_only: bool, base: &[u8]) -> Result<Receiver, DecodeError> {
    Ok(Receiver { run: run_or_none(run)?, child_only, base: run_or_none(base)? })
}

fn run_to_stored(run: Option<RunId>) -> Vec<u8> {
    run.map(|it| it.to_bytes().to_vec()).unwrap_or_default()
}

fn run_or_none(bytes: &[u8]) -> Result<Option<RunId>, DecodeError> {
    if bytes.is_empty() { Ok(None) } else { run_of(bytes).map(Some) }
}

fn run_of(bytes: &[u8]) -> Result<RunId, DecodeError> {
    let bytes: [u8; 16] = bytes
        .try_into()
        .map_err(|_| DecodeError::bad("stored message's run", bytes.len(), "16 bytes"))?;
    Ok(RunId::from_bytes(bytes))
}

fn cause_to_stored(cause: FailedCause) -> u32 {
    match cause {
        FailedCause::NotFound => 1,
        FailedCause::SignalLimit => 2,
    }
}

fn cause_from_stored(cause: u32) -> Result<FailedCause, DecodeError> {
    match cause {
        1 => Ok(FailedCause::NotFound),
        2 => Ok(FailedCause::SignalLimit),
        other => Err(DecodeError::bad("stored answer's cause", other, "1 or 2")),
    }
}

fn reuse_to_stored(policy: IdReusePolicy) -> u32 {
    match policy {
        IdReusePolicy::AllowDuplicate => 1,
        IdReusePolicy::AllowDuplicateFailedOnly => 2,
        IdReusePolicy::RejectDuplicate => 3,
    }
}

fn reuse_from_stored(policy: u32) -> Result<IdReusePolicy, DecodeError> {
    match policy {
        1 => Ok(IdReusePolicy::AllowDuplicate),
        2 => Ok(IdReusePolicy::AllowDuplicateFailedOnly),
        3 => Ok(IdReusePolicy::RejectDuplicate),
        other => Err(DecodeError::bad("stored id reuse policy", other, "1 to 3")),
    }
}

fn conflict_to_stored(policy: IdConflictPolicy) -> u32 {
    match policy {
        IdConflictPolicy::Fail => 1,
        IdConflictPolicy::UseExisting => 2,
        IdConflictPolicy::TerminateExisting => 3,
    }
}

fn conflict_from_stored(policy: u32) -> Result<IdConflictPolicy, DecodeError> {
    match policy {
        1 => Ok(IdConflictPolicy::Fail),
        2 => Ok(IdConflictPolicy::UseExisting),
        3 => Ok(IdConflictPolicy::TerminateExisting),
        other => Err(DecodeError::bad("stored id conflict policy", other, "1 to 3")),
    }
}
