//! Activities.

use super::Line;
use super::execution::task_of;
use crate::api::common::v1::ActivityType;
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    ActivityTaskCancelRequestedEventAttributes, ActivityTaskCanceledEventAttributes,
    ActivityTaskCompletedEventAttributes, ActivityTaskFailedEventAttributes,
    ActivityTaskScheduledEventAttributes, ActivityTaskStartedEventAttributes,
    ActivityTaskTimedOutEventAttributes,
};
use crate::api::sdk::v1::UserMetadata;
use crate::failure::{retry_state_from_proto, retry_state_to_proto};
use crate::options::{
    count_from_proto, count_to_proto, event_id_from_proto, event_id_to_proto, limit_from_proto,
    limit_to_proto, priority_from_proto, priority_to_proto, retry_from_proto, retry_to_proto,
    task_queue_from_proto, task_queue_to_proto, user_metadata_from_proto, user_metadata_to_proto,
};
use crate::{DecodeError, failure, payload};
use refrain_core::ids::EventId;
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::activity::{Event, Scheduled};
use refrain_core::options::{ActivityTimeouts, RetryPolicy};

pub(super) fn to_proto(event: &Event) -> Line {
    Line::of(match event {
        Event::Scheduled(it) => {
            let attributes =
                Attributes::ActivityTaskScheduledEventAttributes(scheduled_to_proto(it));
            let metadata = user_metadata_to_proto(it.summary.as_ref(), None);
            return Line::of(attributes).with_metadata(metadata);
        }
        Event::Started { scheduled, identity, attempt, last_failure } => {
            Attributes::ActivityTaskStartedEventAttributes(ActivityTaskStartedEventAttributes {
                scheduled_event_id: event_id_to_proto(*scheduled),
                identity: identity.clone(),
                attempt: count_to_proto(*attempt),
                last_failure: last_failure.as_ref().map(failure::to_proto),
                ..Default::default()
            })
        }
        Event::Completed { scheduled, started, result, identity } => {
            Attributes::ActivityTaskCompletedEventAttributes(ActivityTaskCompletedEventAttributes {
                result: payload::list_to_proto(result),
                scheduled_event_id: event_id_to_proto(*scheduled),
                started_event_id: event_id_to_proto(*started),
                identity: identity.clone(),
                ..Default::default()
            })
        }
        Event::Failed { scheduled, started, failure, retry_state, identity } => {
            Attributes::ActivityTaskFailedEventAttributes(ActivityTaskFailedEventAttributes {
                failure: Some(failure::to_proto(failure)),
                scheduled_event_id: event_id_to_proto(*scheduled),
                started_event_id: event_id_to_proto(*started),
                identity: identity.clone(),
                retry_state: retry_state_to_proto(*retry_state) as i32,
                ..Default::default()
            })
        }
        Event::TimedOut { scheduled, started, failure, retry_state } => {
            Attributes::ActivityTaskTimedOutEventAttributes(ActivityTaskTimedOutEventAttributes {
                failure: Some(failure::to_proto(failure)),
                scheduled_event_id: event_id_to_proto(*scheduled),
                started_event_id: event_id_to_proto(*started),
                retry_state: retry_state_to_proto(*retry_state) as i32,
            })
        }
        Event::CancelRequested { scheduled, task } => {
            Attributes::ActivityTaskCancelRequestedEventAttributes(
                ActivityTaskCancelRequestedEventAttributes {
                    scheduled_event_id: event_id_to_proto(*scheduled),
                    workflow_task_completed_event_id: event_id_to_proto(*task),
                },
            )
        }
        Event::Canceled { scheduled, started, cancel_requested, details, identity } => {
            Attributes::ActivityTaskCanceledEventAttributes(ActivityTaskCanceledEventAttributes {
                details: payload::list_to_proto(details),
                latest_cancel_requested_event_id: event_id_to_proto(*cancel_requested),
                scheduled_event_id: event_id_to_proto(*scheduled),
                started_event_id: event_id_to_proto(*started),
                identity: identity.clone(),
                ..Default::default()
            })
        }
    })
}

pub(crate) fn scheduled_to_proto(it: &Scheduled) -> ActivityTaskScheduledEventAttributes {
    ActivityTaskScheduledEventAttributes {
        activity_id: it.activity_id.clone(),
        activity_type: Some(ActivityType { name: it.activity_type.clone() }),
        task_queue: Some(task_queue_to_proto(&it.task_queue)),
        header: Some(payload::header_to_proto(&it.header)),
        input: payload::list_to_proto(&it.input),
        schedule_to_close_timeout: limit_to_proto(it.timeouts.schedule_to_close),
        schedule_to_start_timeout: limit_to_proto(it.timeouts.schedule_to_start),
        start_to_close_timeout: limit_to_proto(it.timeouts.start_to_close),
        heartbeat_timeout: limit_to_proto(it.timeouts.heartbeat),
        workflow_task_completed_event_id: event_id_to_proto(it.task),
        retry_policy: Some(retry_to_proto(&it.retry)),
        priority: Some(priority_to_proto(&it.priority)),
        ..Default::default()
    }
}

pub(crate) fn scheduled_from_proto(
    it: ActivityTaskScheduledEventAttributes,
    metadata: Option<UserMetadata>,
) -> Result<Scheduled, DecodeError> {
    let (summary, _) = user_metadata_from_proto(metadata);
    Ok(Scheduled {
        activity_id: it.activity_id,
        activity_type: it.activity_type.unwrap_or_default().name,
        task_queue: task_queue_from_proto(it.task_queue),
        input: payload::list_from_proto(it.input),
        header: payload::header_from_proto(it.header),
        timeouts: ActivityTimeouts {
            schedule_to_close: limit_from_proto(
                "schedule_to_close_timeout",
                it.schedule_to_close_timeout,
            )?,
            schedule_to_start: limit_from_proto(
                "schedule_to_start_timeout",
                it.schedule_to_start_timeout,
            )?,
            start_to_close: limit_from_proto("start_to_close_timeout", it.start_to_close_timeout)?,
            heartbeat: limit_from_proto("heartbeat_timeout", it.heartbeat_timeout)?,
        },
        retry: match it.retry_policy {
            Some(policy) => retry_from_proto(policy)?,
            None => RetryPolicy::default(),
        },
        task: task_of(it.workflow_task_completed_event_id)?,
        summary,
        priority: priority_from_proto(it.priority)?,
    })
}

pub(super) fn started(it: ActivityTaskStartedEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Activity(Event::Started {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        identity: it.identity,
        attempt: count_from_proto("activity's attempt", it.attempt)?,
        last_failure: it.last_failure.map(failure::from_proto).transpose()?,
    }))
}

pub(super) fn completed(it: ActivityTaskCompletedEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Activity(Event::Completed {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        started: started_id(it.started_event_id)?,
        result: payload::list_from_proto(it.result),
        identity: it.identity,
    }))
}

pub(super) fn failed(it: ActivityTaskFailedEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Activity(Event::Failed {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        started: started_id(it.started_event_id)?,
        failure: failure::from_proto(it.failure.unwrap_or_default())?,
        retry_state: retry_state_from_proto(it.retry_state)?,
        identity: it.identity,
    }))
}

pub(super) fn timed_out(it: ActivityTaskTimedOutEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Activity(Event::TimedOut {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        started: started_id(it.started_event_id)?,
        failure: failure::from_proto(it.failure.unwrap_or_default())?,
        retry_state: retry_state_from_proto(it.retry_state)?,
    }))
}

pub(super) fn cancel_requested(
    it: ActivityTaskCancelRequestedEventAttributes,
) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Activity(Event::CancelRequested {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        task: task_of(it.workflow_task_completed_event_id)?,
    }))
}

pub(super) fn canceled(it: ActivityTaskCanceledEventAttributes) -> Result<AnyEvent, DecodeError> {
    Ok(AnyEvent::Activity(Event::Canceled {
        scheduled: scheduled_id(it.scheduled_event_id)?,
        started: started_id(it.started_event_id)?,
        cancel_requested: event_id_from_proto(
            "latest_cancel_requested_event_id",
            it.latest_cancel_requested_event_id,
        )?,
        details: payload::list_from_proto(it.details),
        identity: it.identity,
    }))
}

fn scheduled_id(id: i64) -> Result<EventId, DecodeError> {
    event_id_from_proto("activity's scheduled_event_id", id)
}

fn started_id(id: i64) -> Result<EventId, DecodeError> {
    event_id_from_proto("activity's started_event_id", id)
}
