//! Times, retry policies, priorities and the small messages around names.

use crate::DecodeError;
use crate::api::common::v1 as pb;
use crate::api::enums::v1::{ParentClosePolicy as PbParentClosePolicy, TaskQueueKind};
use crate::api::sdk::v1::UserMetadata;
use crate::api::taskqueue::v1::TaskQueue;
use crate::wkt;
use prost::Message;
use refrain_core::ids::{EventId, RunId};
use refrain_core::options::{ParentClosePolicy, Priority, RetryPolicy};
use refrain_core::payload::Payload;
use refrain_core::time::{Delay, Timestamp};

pub fn delay_to_proto(delay: Delay) -> wkt::Duration {
    wkt::Duration { seconds: (delay.0 / 1000) as i64, nanos: ((delay.0 % 1000) * 1_000_000) as i32 }
}

/// Temporal sends `0s` where there is no limit.
pub fn limit_to_proto(limit: Option<Delay>) -> Option<wkt::Duration> {
    Some(delay_to_proto(limit.unwrap_or(Delay::ZERO)))
}

/// Rounds up to whole milliseconds: what is not zero must not become "no limit".
pub fn delay_from_proto(what: &'static str, it: wkt::Duration) -> Result<Delay, DecodeError> {
    let wrong = || {
        DecodeError::bad(
            what,
            format!("{}s {}ns", it.seconds, it.nanos),
            "a duration that is not negative and below 292 million years",
        )
    };
    let seconds = u64::try_from(it.seconds).map_err(|_| wrong())?;
    let nanos = u64::try_from(it.nanos).map_err(|_| wrong())?;
    let ms = seconds.checked_mul(1000).ok_or_else(wrong)?;
    ms.checked_add(nanos.div_ceil(1_000_000)).map(Delay).ok_or_else(wrong)
}

/// Absent and zero both mean "no limit".
pub fn limit_from_proto(
    what: &'static str,
    it: Option<wkt::Duration>,
) -> Result<Option<Delay>, DecodeError> {
    let Some(it) = it else { return Ok(None) };
    Ok(Some(delay_from_proto(what, it)?).filter(|delay| !delay.is_zero()))
}

pub fn timestamp_to_proto(at: Timestamp) -> wkt::Timestamp {
    wkt::Timestamp { seconds: (at.0 / 1000) as i64, nanos: ((at.0 % 1000) * 1_000_000) as i32 }
}

pub fn timestamp_from_proto(
    what: &'static str,
    at: Option<wkt::Timestamp>,
) -> Result<Timestamp, DecodeError> {
    let at = at.ok_or(DecodeError::Missing { what })?;
    let wrong =
        || DecodeError::bad(what, format!("{}s {}ns", at.seconds, at.nanos), "a time since 1970");
    let seconds = u64::try_from(at.seconds).map_err(|_| wrong())?;
    let nanos = u64::try_from(at.nanos).map_err(|_| wrong())?;
    let ms = seconds.checked_mul(1000).ok_or_else(wrong)?;
    ms.checked_add(nanos / 1_000_000).map(Timestamp).ok_or_else(wrong)
}

pub fn retry_to_proto(policy: &RetryPolicy) -> pb::RetryPolicy {
    pb::RetryPolicy {
        initial_interval: Some(delay_to_proto(policy.initial_interval)),
        backoff_coefficient: policy.backoff_coefficient,
        maximum_interval: Some(delay_to_proto(policy.maximum_interval)),
        maximum_attempts: count_to_proto(policy.maximum_attempts),
        non_retryable_error_types: policy.non_retryable_error_types.clone(),
    }
}

/// Fills in Temporal's defaults for what is absent or zero; judges nothing else.
pub fn retry_from_proto(policy: pb::RetryPolicy) -> Result<RetryPolicy, DecodeError> {
    let defaults = RetryPolicy::default();
    let initial_interval =
        limit_from_proto("retry policy's initial_interval", policy.initial_interval)?
            .unwrap_or(defaults.initial_interval);
    Ok(RetryPolicy {
        initial_interval,
        backoff_coefficient: if policy.backoff_coefficient == 0.0 {
            defaults.backoff_coefficient
        } else {
            policy.backoff_coefficient
        },
        maximum_interval: limit_from_proto(
            "retry policy's maximum_interval",
            policy.maximum_interval,
        )?
        .unwrap_or(Delay(initial_interval.0.saturating_mul(100))),
        maximum_attempts: count_from_proto(
            "retry policy's maximum_attempts",
            policy.maximum_attempts,
        )?,
        non_retryable_error_types: policy.non_retryable_error_types,
    })
}

pub(crate) fn count_to_proto(n: u32) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX)
}

pub(crate) fn count_from_proto(what: &'static str, n: i32) -> Result<u32, DecodeError> {
    u32::try_from(n).map_err(|_| DecodeError::bad(what, n, "0 or more"))
}

/// 0 is "none", here and there.
pub fn event_id_to_proto(id: EventId) -> i64 {
    i64::try_from(id.0).unwrap_or(i64::MAX)
}

pub fn event_id_from_proto(what: &'static str, id: i64) -> Result<EventId, DecodeError> {
    u64::try_from(id).map(EventId).map_err(|_| DecodeError::bad(what, id, "0 or more"))
}

pub fn run_to_proto(run: Option<RunId>) -> String {
    run.map(|it| it.to_string()).unwrap_or_default()
}

pub fn run_from_proto(what: &'static str, run: &str) -> Result<Option<RunId>, DecodeError> {
    if run.is_empty() {
        return Ok(None);
    }
    run.parse().map(Some).map_err(|_| DecodeError::bad(what, run, "a UUID"))
}

pub fn execution_to_proto(workflow_id: &str, run: RunId) -> pb::WorkflowExecution {
    pb::WorkflowExecution { workflow_id: workflow_id.to_owned(), run_id: run.to_string() }
}

pub fn task_queue_to_proto(name: &str) -> TaskQueue {
    TaskQueue {
        name: name.to_owned(),
        kind: TaskQueueKind::Normal as i32,
        normal_name: String::new(),
    }
}

/// A history from elsewhere may name a worker's sticky queue; the normal one is meant.
pub fn task_queue_from_proto(queue: Option<TaskQueue>) -> String {
    let queue = queue.unwrap_or_default();
    if queue.normal_name.is_empty() { queue.name } else { queue.normal_name }
}

pub fn priority_to_proto(priority: &Priority) -> pb::Priority {
    pb::Priority {
        priority_key: priority.key.map_or(0, |it| i32::try_from(it).unwrap_or(i32::MAX)),
        fairness_key: priority.fairness_key.clone(),
        fairness_weight: priority.fairness_weight.unwrap_or(0.0),
    }
}

/// Errors: it is less than 0. In Temporal's words.
pub fn priority_from_proto(priority: Option<pb::Priority>) -> Result<Priority, DecodeError> {
    let it = priority.unwrap_or_default();
    let key = u32::try_from(it.priority_key)
        .map_err(|_| DecodeError::Refused("priority key can't be negative".to_owned()))?;
    let key = Some(key).filter(|it| *it != 0);
    let fairness_weight = Some(it.fairness_weight).filter(|weight| *weight != 0.0);
    Ok(Priority { key, fairness_key: it.fairness_key, fairness_weight })
}

/// Shown by tools: one line, and a text. Absent if both are.
pub fn user_metadata_to_proto(
    summary: Option<&Payload>,
    details: Option<&Payload>,
) -> Option<UserMetadata> {
    let metadata = || UserMetadata {
        summary: summary.map(crate::payload::to_proto),
        details: details.map(crate::payload::to_proto),
    };
    (summary.is_some() || details.is_some()).then(metadata)
}

pub fn user_metadata_from_proto(it: Option<UserMetadata>) -> (Option<Payload>, Option<Payload>) {
    let it = it.unwrap_or_default();
    (it.summary.map(crate::payload::from_proto), it.details.map(crate::payload::from_proto))
}

/// Whatever they lead to: core does not look.
pub fn links_from_proto(links: &[pb::Link]) -> Vec<Vec<u8>> {
    links.iter().map(pb::Link::encode_to_vec).collect()
}

/// Of bytes that [`links_from_proto`] made.
pub fn links_to_proto(links: &[Vec<u8>]) -> Vec<pb::Link> {
    links.iter().filter_map(|it| pb::Link::decode(it.as_slice()).ok()).collect()
}

pub fn parent_close_to_proto(policy: ParentClosePolicy) -> PbParentClosePolicy {
    match policy {
        ParentClosePolicy::Terminate => PbParentClosePolicy::Terminate,
        ParentClosePolicy::Abandon => PbParentClosePolicy::Abandon,
        ParentClosePolicy::RequestCancel => PbParentClosePolicy::RequestCancel,
    }
}

pub fn parent_close_from_proto(number: i32) -> Result<ParentClosePolicy, DecodeError> {
    match PbParentClosePolicy::try_from(number) {
        Ok(PbParentClosePolicy::Unspecified | PbParentClosePolicy::Terminate) => {
            Ok(ParentClosePolicy::Terminate)
        }
        Ok(PbParentClosePolicy::Abandon) => Ok(ParentClosePolicy::Abandon),
        Ok(PbParentClosePolicy::RequestCancel) => Ok(ParentClosePolicy::RequestCancel),
        Err(_) => Err(DecodeError::bad("parent_close_policy", number, "0 to 3")),
    }
}
