//! What is stored beside history. Temporal's messages where there is one; ours are declared here,
//! with a version that grows when an old reader would misunderstand a new row.

mod message;
mod standalone;

pub use message::{decode_message, encode_message};
pub use standalone::{decode_standalone, encode_standalone};

use crate::api::common::v1::{
    Header, Payload as PbPayload, Payloads as PbPayloads, Priority as PbPriority,
};
use crate::api::failure::v1::Failure as PbFailure;
use crate::api::history::v1::ActivityTaskScheduledEventAttributes;
use crate::api::workflow::v1::WorkflowExecutionOptions;
use crate::event::{scheduled_from_proto, scheduled_to_proto};
use crate::options::{priority_from_proto, priority_to_proto};
use crate::{DecodeError, failure, payload, run_options};
use prost::Message;
use refrain_core::attempt::{ActivityTask, Heartbeat, Pause, Previous, Reset, State, Tunable};
use refrain_core::failure::Failure;
use refrain_core::ids::{EventId, ExecutionKey, NamespaceId, RunId, RunKey};
use refrain_core::machines::activity::Scheduled;
use refrain_core::options::{Priority, RunOptions};
use refrain_core::payload::{Payload, PayloadMap, Payloads};
use refrain_core::time::{Delay, Timestamp};

const ACTIVITY_TASK_VERSION: u32 = 1;

/// A row of `activity_tasks`. Absent times are absent fields: 0 is a time.
#[derive(Clone, PartialEq, prost::Message)]
struct StoredActivityTask {
    #[prost(uint32, tag = "1")]
    version: u32,
    #[prost(uint32, tag = "2")]
    namespace: u32,
    #[prost(string, tag = "3")]
    workflow_id: String,
    #[prost(bytes = "vec", tag = "4")]
    run: Vec<u8>,
    #[prost(uint64, tag = "5")]
    scheduled: u64,
    #[prost(uint64, tag = "6")]
    scheduled_at_ms: u64,
    #[prost(string, tag = "7")]
    workflow_type: String,
    #[prost(message, optional, tag = "8")]
    options: Option<ActivityTaskScheduledEventAttributes>,
    #[prost(message, optional, tag = "9")]
    summary: Option<PbPayload>,
    #[prost(uint64, optional, tag = "10")]
    run_deadline_ms: Option<u64>,
    #[prost(uint32, tag = "11")]
    attempt: u32,
    #[prost(oneof = "StoredState", tags = "12, 13")]
    state: Option<StoredState>,
    #[prost(bool, tag = "14")]
    cancel_requested: bool,
    #[prost(message, optional, tag = "15")]
    heartbeat: Option<StoredHeartbeat>,
    #[prost(message, optional, tag = "16")]
    last_failure: Option<PbFailure>,
    #[prost(uint64, tag = "17")]
    counts_from_ms: u64,
    #[prost(uint32, tag = "18")]
    stamp: u32,
    #[prost(uint64, tag = "19")]
    attempt_at_ms: u64,
    #[prost(message, optional, tag = "20")]
    previous: Option<StoredStarted>,
    #[prost(message, optional, tag = "21")]
    pause: Option<StoredPause>,
    #[prost(message, optional, tag = "22")]
    reset: Option<StoredReset>,
    /// Only what can be changed of it is looked at.
    #[prost(message, optional, tag = "23")]
    original: Option<ActivityTaskScheduledEventAttributes>,
    #[prost(message, optional, tag = "24")]
    inherited: Option<PbPriority>,
    #[prost(uint64, optional, tag = "25")]
    pass: Option<u64>,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredPause {
    #[prost(uint64, tag = "1")]
    at_ms: u64,
    #[prost(string, tag = "2")]
    identity: String,
    #[prost(string, tag = "3")]
    reason: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredReset {
    #[prost(bool, tag = "1")]
    keep_paused: bool,
    #[prost(bool, tag = "2")]
    forget_heartbeat: bool,
    #[prost(bool, tag = "3")]
    restore_options: bool,
    #[prost(uint64, tag = "4")]
    wait_ms: u64,
}

#[derive(Clone, PartialEq, prost::Oneof)]
enum StoredState {
    #[prost(message, tag = "12")]
    Waiting(StoredWaiting),
    #[prost(message, tag = "13")]
    Started(StoredStarted),
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredWaiting {
    #[prost(uint64, tag = "1")]
    since_ms: u64,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredStarted {
    #[prost(uint64, tag = "1")]
    at_ms: u64,
    #[prost(string, tag = "2")]
    identity: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredHeartbeat {
    #[prost(uint64, tag = "1")]
    at_ms: u64,
    #[prost(message, optional, tag = "2")]
    details: Option<PbPayloads>,
}

pub fn encode_activity_task(task: &ActivityTask) -> Vec<u8> {
    StoredActivityTask {
        version: ACTIVITY_TASK_VERSION,
        namespace: task.run.execution.namespace.0,
        workflow_id: task.run.execution.workflow.to_string(),
        run: task.run.run.to_bytes().to_vec(),
        scheduled: task.scheduled.0,
        scheduled_at_ms: task.scheduled_at.0,
        workflow_type: task.workflow_type.clone(),
        options: Some(scheduled_to_proto(&task.options)),
        summary: task.options.summary.as_ref().map(payload::to_proto),
        run_deadline_ms: task.run_deadline.map(|it| it.0),
        attempt: task.attempt,
        state: Some(match &task.state {
            State::Waiting { since } => StoredState::Waiting(StoredWaiting { since_ms: since.0 }),
            State::Started { at, identity } => {
                StoredState::Started(StoredStarted { at_ms: at.0, identity: identity.clone() })
            }
        }),
        cancel_requested: task.cancel_requested,
        heartbeat: task.heartbeat.as_ref().map(|it| StoredHeartbeat {
            at_ms: it.at.0,
            details: payload::list_to_proto(&it.details),
        }),
        last_failure: task.last_failure.as_ref().map(failure::to_proto),
        counts_from_ms: task.counts_from.0,
        stamp: task.stamp,
        attempt_at_ms: task.attempt_at.0,
        previous: task
            .previous
            .as_ref()
            .map(|it| StoredStarted { at_ms: it.ended_at.0, identity: it.identity.clone() }),
        pause: task.pause.as_ref().map(|it| StoredPause {
            at_ms: it.at.0,
            identity: it.identity.clone(),
            reason: it.reason.clone(),
        }),
        reset: task.reset.as_ref().map(|it| StoredReset {
            keep_paused: it.keep_paused,
            forget_heartbeat: it.forget_heartbeat,
            restore_options: it.restore_options,
            wait_ms: it.wait.0,
        }),
        original: task.original.as_ref().map(|it| {
            let mut options =
                Scheduled { input: Vec::new(), header: PayloadMap::new(), ..task.options.clone() };
            (**it).clone().put_into(&mut options);
            scheduled_to_proto(&options)
        }),
        inherited: (task.inherited != Priority::default())
            .then(|| priority_to_proto(&task.inherited)),
        pass: task.pass,
    }
    .encode_to_vec()
}

pub fn decode_activity_task(bytes: &[u8]) -> Result<ActivityTask, DecodeError> {
    const WHAT: &str = "stored activity task";
    let row = StoredActivityTask::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: WHAT, cause })?;
    if row.version != ACTIVITY_TASK_VERSION {
        return Err(DecodeError::UnknownVersion {
            what: WHAT,
            found: row.version,
            expected: ACTIVITY_TASK_VERSION,
        });
    }
    let run: [u8; 16] = row.run.as_slice().try_into().map_err(|_| {
        DecodeError::bad("stored activity task's run", format!("{:?}", row.run), "16 bytes")
    })?;
    let options = row.options.ok_or(DecodeError::Missing { what: "stored activity's options" })?;
    let summary = row.summary.map(payload::from_proto);
    let mut options = scheduled_from_proto(options, None)?;
    options.summary = summary;
    Ok(ActivityTask {
        run: RunKey {
            execution: ExecutionKey {
                namespace: NamespaceId(row.namespace),
                workflow: row.workflow_id.into(),
            },
            run: RunId::from_bytes(run),
        },
        scheduled: EventId(row.scheduled),
        scheduled_at: Timestamp(row.scheduled_at_ms),
        workflow_type: row.workflow_type,
        options,
        run_deadline: row.run_deadline_ms.map(Timestamp),
        attempt: row.attempt,
        state: match row.state {
            Some(StoredState::Waiting(it)) => State::Waiting { since: Timestamp(it.since_ms) },
            Some(StoredState::Started(it)) => {
                State::Started { at: Timestamp(it.at_ms), identity: it.identity }
            }
            None => return Err(DecodeError::Missing { what: "stored activity task's state" }),
        },
        cancel_requested: row.cancel_requested,
        heartbeat: row.heartbeat.map(|it| Heartbeat {
            at: Timestamp(it.at_ms),
            details: payload::list_from_proto(it.details),
        }),
        last_failure: row.last_failure.map(failure::from_proto).transpose()?,
        counts_from: Timestamp(row.counts_from_ms),
        stamp: row.stamp,
        attempt_at: Timestamp(row.attempt_at_ms),
        previous: row
            .previous
            .map(|it| Previous { identity: it.identity, ended_at: Timestamp(it.at_ms) }),
        pause: row.pause.map(|it| Pause {
            at: Timestamp(it.at_ms),
            identity: it.identity,
            reason: it.reason,
        }),
        reset: row.reset.map(|it| Reset {
            keep_paused: it.keep_paused,
            forget_heartbeat: it.forget_heartbeat,
            restore_options: it.restore_options,
            wait: Delay(it.wait_ms),
        }),
        original: match row.original {
            Some(it) => Some(Box::new(Tunable::of(&scheduled_from_proto(it, None)?))),
            None => None,
        },
        inherited: priority_from_proto(row.inherited)?,
        pass: row.pass,
    })
}

pub fn encode_failure(it: &Failure) -> Vec<u8> {
    failure::to_proto(it).encode_to_vec()
}

pub fn decode_failure(bytes: &[u8]) -> Result<Failure, DecodeError> {
    let it = PbFailure::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: "stored failure", cause })?;
    failure::from_proto(it)
}

pub fn encode_payload(it: &Payload) -> Vec<u8> {
    payload::to_proto(it).encode_to_vec()
}

pub fn decode_payload(bytes: &[u8]) -> Result<Payload, DecodeError> {
    let it = PbPayload::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: "stored payload", cause })?;
    Ok(payload::from_proto(it))
}

pub fn encode_payloads(list: &[Payload]) -> Vec<u8> {
    payload::list_to_proto(list).unwrap_or_default().encode_to_vec()
}

pub fn decode_payloads(bytes: &[u8]) -> Result<Payloads, DecodeError> {
    let list = PbPayloads::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: "stored payloads", cause })?;
    Ok(payload::list_from_proto(Some(list)))
}

/// Memo, search attributes and header have the same bytes; a header stands for all of them.
pub fn encode_payload_map(map: &PayloadMap) -> Vec<u8> {
    payload::header_to_proto(map).encode_to_vec()
}

pub fn decode_payload_map(bytes: &[u8]) -> Result<PayloadMap, DecodeError> {
    let map = Header::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: "stored payload map", cause })?;
    Ok(payload::header_from_proto(Some(map)))
}

pub fn encode_options(options: &RunOptions) -> Vec<u8> {
    run_options::to_proto(options).encode_to_vec()
}

pub fn decode_options(bytes: &[u8]) -> Result<RunOptions, DecodeError> {
    let options = WorkflowExecutionOptions::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: "stored options", cause })?;
    run_options::from_proto(options)
}

#[cfg(test)]
mod tests;
