//! Durable timers.

use super::Line;
use super::execution::task_of;
use crate::DecodeError;
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{
    TimerCanceledEventAttributes, TimerFiredEventAttributes, TimerStartedEventAttributes,
};
use crate::api::sdk::v1::UserMetadata;
use crate::options::{
    delay_from_proto, delay_to_proto, event_id_from_proto, event_id_to_proto,
    user_metadata_from_proto, user_metadata_to_proto,
};
use refrain_core::ids::EventId;
use refrain_core::machines::Event as AnyEvent;
use refrain_core::machines::timer::Event;
use refrain_core::time::Delay;

pub(super) fn to_proto(event: &Event) -> Line {
    match event {
        Event::Started { timer_id, delay, task, summary } => {
            Line::of(Attributes::TimerStartedEventAttributes(TimerStartedEventAttributes {
                timer_id: timer_id.clone(),
                start_to_fire_timeout: Some(delay_to_proto(*delay)),
                workflow_task_completed_event_id: event_id_to_proto(*task),
            }))
            .with_metadata(user_metadata_to_proto(summary.as_ref(), None))
        }
        Event::Fired { timer_id, started } => {
            Line::of(Attributes::TimerFiredEventAttributes(TimerFiredEventAttributes {
                timer_id: timer_id.clone(),
                started_event_id: event_id_to_proto(*started),
            }))
        }
        Event::Canceled { timer_id, started, task, summary } => {
            Line::of(Attributes::TimerCanceledEventAttributes(TimerCanceledEventAttributes {
                timer_id: timer_id.clone(),
                started_event_id: event_id_to_proto(*started),
                workflow_task_completed_event_id: event_id_to_proto(*task),
                identity: String::new(),
            }))
            .with_metadata(user_metadata_to_proto(summary.as_ref(), None))
        }
    }
}

pub(super) fn started(
    it: TimerStartedEventAttributes,
    metadata: Option<UserMetadata>,
) -> Result<AnyEvent, DecodeError> {
    let (summary, _) = user_metadata_from_proto(metadata);
    Ok(AnyEvent::Timer(Event::Started {
        timer_id: it.timer_id,
        delay: match it.start_to_fire_timeout {
            Some(delay) => delay_from_proto("start_to_fire_timeout", delay)?,
            None => Delay::ZERO,
        },
        task: task_of(it.workflow_task_completed_event_id)?,
        summary,
    }))
}

pub(super) fn fired(it: TimerFiredEventAttributes) -> Result<AnyEvent, DecodeError> {
    let started = started_id(it.started_event_id)?;
    Ok(AnyEvent::Timer(Event::Fired { timer_id: it.timer_id, started }))
}

pub(super) fn canceled(
    it: TimerCanceledEventAttributes,
    metadata: Option<UserMetadata>,
) -> Result<AnyEvent, DecodeError> {
    let (summary, _) = user_metadata_from_proto(metadata);
    Ok(AnyEvent::Timer(Event::Canceled {
        timer_id: it.timer_id,
        started: started_id(it.started_event_id)?,
        task: task_of(it.workflow_task_completed_event_id)?,
        summary,
    }))
}

fn started_id(id: i64) -> Result<EventId, DecodeError> {
    event_id_from_proto("timer's started_event_id", id)
}
