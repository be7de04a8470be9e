//! A row of `standalone_activities`.

use super::{decode_activity_task, encode_activity_task};
use crate::api::common::v1::{Header, Payload as PbPayload, Payloads as PbPayloads};
use crate::api::failure::v1::Failure as PbFailure;
use crate::failure::{retry_state_from_proto, retry_state_to_proto};
use crate::{DecodeError, failure, payload};
use prost::Message;
use refrain_core::standalone::{Cancel, Closed, Execution, Status};
use refrain_core::time::{Delay, Timestamp};

const VERSION: u32 = 1;
const WHAT: &str = "stored activity execution";

#[derive(Clone, PartialEq, prost::Message)]
struct StoredExecution {
    #[prost(uint32, tag = "1")]
    version: u32,
    /// As in `activity_tasks`.
    #[prost(bytes = "vec", tag = "2")]
    task: Vec<u8>,
    #[prost(string, tag = "3")]
    request_id: String,
    #[prost(message, optional, tag = "4")]
    details: Option<PbPayload>,
    /// Named payloads, whatever their message is called.
    #[prost(message, optional, tag = "5")]
    search_attributes: Option<Header>,
    #[prost(uint64, tag = "6")]
    delay_ms: u64,
    #[prost(string, optional, tag = "7")]
    cancel_reason: Option<String>,
    #[prost(message, optional, tag = "8")]
    closed: Option<StoredClosed>,
    #[prost(string, tag = "9")]
    canceled_by: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct StoredClosed {
    #[prost(uint64, tag = "1")]
    at_ms: u64,
    #[prost(uint32, tag = "2")]
    status: u32,
    #[prost(message, optional, tag = "3")]
    result: Option<PbPayloads>,
    /// Absent: it completed.
    #[prost(message, optional, tag = "4")]
    failure: Option<PbFailure>,
    #[prost(int32, tag = "5")]
    retry_state: i32,
    #[prost(string, tag = "6")]
    by: String,
}

pub fn encode_standalone(it: &Execution) -> Vec<u8> {
    StoredExecution {
        version: VERSION,
        task: encode_activity_task(&it.task),
        request_id: it.request_id.clone(),
        details: it.details.as_ref().map(payload::to_proto),
        search_attributes: Some(payload::header_to_proto(&it.search_attributes)),
        delay_ms: it.delay.0,
        cancel_reason: it.cancel.as_ref().map(|it| it.reason.clone()),
        canceled_by: it.cancel.as_ref().map(|it| it.identity.clone()).unwrap_or_default(),
        closed: it.closed.as_ref().map(|closed| StoredClosed {
            at_ms: closed.at.0,
            status: u32::from(closed.status.number()),
            result: closed.outcome.as_ref().ok().and_then(|it| payload::list_to_proto(it)),
            failure: closed.outcome.as_ref().err().map(|it| failure::to_proto(it)),
            retry_state: retry_state_to_proto(closed.retry_state) as i32,
            by: closed.by.clone(),
        }),
    }
    .encode_to_vec()
}

pub fn decode_standalone(bytes: &[u8]) -> Result<Execution, DecodeError> {
    let row = StoredExecution::decode(bytes)
        .map_err(|cause| DecodeError::Malformed { what: WHAT, cause })?;
    if row.version != VERSION {
        let found = row.version;
        return Err(DecodeError::UnknownVersion { what: WHAT, found, expected: VERSION });
    }
    let closed = row.closed.map(|closed| {
        let status = Status::from_number(i64::from(closed.status))
            .ok_or_else(|| DecodeError::bad("status of an activity", closed.status, "1 to 7"))?;
        let outcome = match closed.failure {
            Some(it) => Err(Box::new(failure::from_proto(it)?)),
            None => Ok(payload::list_from_proto(closed.result)),
        };
        let retry_state = retry_state_from_proto(closed.retry_state)?;
        Ok(Closed { at: Timestamp(closed.at_ms), status, by: closed.by, outcome, retry_state })
    });
    let identity = row.canceled_by;
    Ok(Execution {
        task: decode_activity_task(&row.task)?,
        request_id: row.request_id,
        details: row.details.map(payload::from_proto),
        search_attributes: payload::header_from_proto(row.search_attributes),
        delay: Delay(row.delay_ms),
        cancel: row.cancel_reason.map(|reason| Cancel { reason, identity }),
        closed: closed.transpose()?,
    })
}
