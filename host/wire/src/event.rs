//! Events: the one table of what core's events are in Temporal's history.
//!
//! Each machine has a file below; here are the line around an event and the bytes of a batch.
//! A batch is a `temporal.api.history.v1.History`, and the bytes of two batches one after the
//! other are the bytes of both together: a page of history is a copy of rows.

mod activity;
mod attributes;
mod child;
mod execution;
mod external;
mod local;
mod patch;
mod signal;
mod task;
mod timer;
mod update;

use crate::DecodeError;
use crate::api::enums::v1::EventType;
use crate::api::history::v1::history_event::Attributes;
use crate::api::history::v1::{History, HistoryEvent};
use crate::api::sdk::v1::UserMetadata;
use crate::options::{
    event_id_from_proto, event_id_to_proto, timestamp_from_proto, timestamp_to_proto,
};
use crate::time_skipping;
use prost::Message;
use refrain_core::event::Recorded;
use refrain_core::machines::Event;

/// Bytes of a `History` message.
pub fn encode(events: &[Recorded]) -> Vec<u8> {
    History { events: events.iter().map(to_proto).collect() }.encode_to_vec()
}

/// Reads what [`encode`] wrote, or any number of such byte strings one after the other.
pub fn decode(bytes: &[u8]) -> Result<Vec<Recorded>, DecodeError> {
    let history = decode_history(bytes)?;
    history.events.into_iter().map(from_proto).collect()
}

/// The same bytes as messages, for those that only pass them on.
pub fn decode_history(bytes: &[u8]) -> Result<History, DecodeError> {
    History::decode(bytes).map_err(|cause| DecodeError::Malformed { what: "history", cause })
}

pub fn to_proto(recorded: &Recorded) -> HistoryEvent {
    let mut line = match &recorded.event {
        Event::Execution(event) => execution::to_proto(event),
        Event::Task(event) => Line::of(task::to_proto(event)),
        Event::Activity(event) => activity::to_proto(event),
        Event::Local(event) => local::to_proto(event, recorded.time),
        Event::Timer(event) => timer::to_proto(event),
        Event::Child(event) => child::to_proto(event),
        Event::External(event) => Line::of(external::to_proto(event)),
        Event::Signal(event) => signal::to_proto(event),
        Event::Patch(event) => Line::of(patch::to_proto(event)),
        Event::Update(event) => Line::of(update::to_proto(event)),
        Event::Attributes(event) => Line::of(attributes::to_proto(event)),
        Event::Clock(event) => Line::of(time_skipping::event_to_proto(event)),
    };
    line.event.event_id = event_id_to_proto(recorded.id);
    line.event.event_time = Some(timestamp_to_proto(recorded.time));
    // Temporal's is a number of its shard, growing with each event; ours grows with each event.
    line.event.task_id = line.event.event_id;
    // As the real server says it: to a worker of its own, these mean nothing.
    line.event.worker_may_ignore = [
        EventType::WorkflowExecutionOptionsUpdated,
        EventType::WorkflowExecutionPaused,
        EventType::WorkflowExecutionUnpaused,
        EventType::WorkflowExecutionTimeSkippingTransitioned,
    ]
    .contains(&line.event.event_type());
    line.event
}

/// An event without id and time.
struct Line {
    event: HistoryEvent,
}

impl Line {
    fn of(attributes: Attributes) -> Line {
        let event_type = type_of(&attributes) as i32;
        let event =
            HistoryEvent { event_type, attributes: Some(attributes), ..HistoryEvent::default() };
        Line { event }
    }

    fn with_metadata(mut self, metadata: Option<UserMetadata>) -> Line {
        self.event.user_metadata = metadata;
        self
    }
}

/// Those that core has; the others never get here.
fn type_of(attributes: &Attributes) -> EventType {
    use Attributes as A;
    match attributes {
        A::WorkflowExecutionStartedEventAttributes(_) => EventType::WorkflowExecutionStarted,
        A::WorkflowExecutionCancelRequestedEventAttributes(_) => {
            EventType::WorkflowExecutionCancelRequested
        }
        A::WorkflowExecutionCompletedEventAttributes(_) => EventType::WorkflowExecutionCompleted,
        A::WorkflowExecutionFailedEventAttributes(_) => EventType::WorkflowExecutionFailed,
        A::WorkflowExecutionCanceledEventAttributes(_) => EventType::WorkflowExecutionCanceled,
        A::WorkflowExecutionTimedOutEventAttributes(_) => EventType::WorkflowExecutionTimedOut,
        A::WorkflowExecutionTerminatedEventAttributes(_) => EventType::WorkflowExecutionTerminated,
        A::WorkflowExecutionPausedEventAttributes(_) => EventType::WorkflowExecutionPaused,
        A::WorkflowExecutionUnpausedEventAttributes(_) => EventType::WorkflowExecutionUnpaused,
        A::WorkflowExecutionOptionsUpdatedEventAttributes(_) => {
            EventType::WorkflowExecutionOptionsUpdated
        }
        A::WorkflowExecutionTimeSkippingTransitionedEventAttributes(_) => {
            EventType::WorkflowExecutionTimeSkippingTransitioned
        }
        A::WorkflowExecutionContinuedAsNewEventAttributes(_) => {
            EventType::WorkflowExecutionContinuedAsNew
        }
        A::WorkflowTaskScheduledEventAttributes(_) => EventType::WorkflowTaskScheduled,
        A::WorkflowTaskStartedEventAttributes(_) => EventType::WorkflowTaskStarted,
        A::WorkflowTaskCompletedEventAttributes(_) => EventType::WorkflowTaskCompleted,
        A::WorkflowTaskFailedEventAttributes(_) => EventType::WorkflowTaskFailed,
        A::WorkflowTaskTimedOutEventAttributes(_) => EventType::WorkflowTaskTimedOut,
        A::ActivityTaskScheduledEventAttributes(_) => EventType::ActivityTaskScheduled,
        A::ActivityTaskStartedEventAttributes(_) => EventType::ActivityTaskStarted,
        A::ActivityTaskCompletedEventAttributes(_) => EventType::ActivityTaskCompleted,
        A::ActivityTaskFailedEventAttributes(_) => EventType::ActivityTaskFailed,
        A::ActivityTaskTimedOutEventAttributes(_) => EventType::ActivityTaskTimedOut,
        A::ActivityTaskCancelRequestedEventAttributes(_) => EventType::ActivityTaskCancelRequested,
        A::ActivityTaskCanceledEventAttributes(_) => EventType::ActivityTaskCanceled,
        A::TimerStartedEventAttributes(_) => EventType::TimerStarted,
        A::TimerFiredEventAttributes(_) => EventType::TimerFired,
        A::TimerCanceledEventAttributes(_) => EventType::TimerCanceled,
        A::WorkflowExecutionSignaledEventAttributes(_) => EventType::WorkflowExecutionSignaled,
        A::MarkerRecordedEventAttributes(_) => EventType::MarkerRecorded,
        A::StartChildWorkflowExecutionInitiatedEventAttributes(_) => {
            EventType::StartChildWorkflowExecutionInitiated
        }
        A::StartChildWorkflowExecutionFailedEventAttributes(_) => {
            EventType::StartChildWorkflowExecutionFailed
        }
        A::ChildWorkflowExecutionStartedEventAttributes(_) => {
            EventType::ChildWorkflowExecutionStarted
        }
        A::ChildWorkflowExecutionCompletedEventAttributes(_) => {
            EventType::ChildWorkflowExecutionCompleted
        }
        A::ChildWorkflowExecutionFailedEventAttributes(_) => {
            EventType::ChildWorkflowExecutionFailed
        }
        A::ChildWorkflowExecutionCanceledEventAttributes(_) => {
            EventType::ChildWorkflowExecutionCanceled
        }
        A::ChildWorkflowExecutionTimedOutEventAttributes(_) => {
            EventType::ChildWorkflowExecutionTimedOut
        }
        A::ChildWorkflowExecutionTerminatedEventAttributes(_) => {
            EventType::ChildWorkflowExecutionTerminated
        }
        A::SignalExternalWorkflowExecutionInitiatedEventAttributes(_) => {
            EventType::SignalExternalWorkflowExecutionInitiated
        }
        A::SignalExternalWorkflowExecutionFailedEventAttributes(_) => {
            EventType::SignalExternalWorkflowExecutionFailed
        }
        A::ExternalWorkflowExecutionSignaledEventAttributes(_) => {
            EventType::ExternalWorkflowExecutionSignaled
        }
        A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(_) => {
            EventType::RequestCancelExternalWorkflowExecutionInitiated
        }
        A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(_) => {
            EventType::RequestCancelExternalWorkflowExecutionFailed
        }
        A::ExternalWorkflowExecutionCancelRequestedEventAttributes(_) => {
            EventType::ExternalWorkflowExecutionCancelRequested
        }
        A::WorkflowExecutionUpdateAdmittedEventAttributes(_) => {
            EventType::WorkflowExecutionUpdateAdmitted
        }
        A::WorkflowExecutionUpdateRejectedEventAttributes(_) => {
            EventType::WorkflowExecutionUpdateRejected
        }
        A::WorkflowExecutionUpdateAcceptedEventAttributes(_) => {
            EventType::WorkflowExecutionUpdateAccepted
        }
        A::WorkflowExecutionUpdateCompletedEventAttributes(_) => {
            EventType::WorkflowExecutionUpdateCompleted
        }
        A::UpsertWorkflowSearchAttributesEventAttributes(_) => {
            EventType::UpsertWorkflowSearchAttributes
        }
        A::WorkflowPropertiesModifiedEventAttributes(_) => EventType::WorkflowPropertiesModified,
        _ => EventType::Unspecified,
    }
}

pub fn from_proto(event: HistoryEvent) -> Result<Recorded, DecodeError> {
    use Attributes as A;
    let id = event_id_from_proto("event_id", event.event_id)?;
    let time = timestamp_from_proto("event_time", event.event_time)?;
    let metadata = event.user_metadata;
    let unknown = || DecodeError::UnknownEvent {
        id: event.event_id,
        name: match EventType::try_from(event.event_type) {
            Ok(known) => known.as_str_name().to_owned(),
            Err(_) => event.event_type.to_string(),
        },
    };
    let event = match event.attributes.ok_or_else(unknown)? {
        A::WorkflowExecutionStartedEventAttributes(it) => {
            execution::started(it, metadata, &event.links)?
        }
        A::WorkflowExecutionCancelRequestedEventAttributes(it) => execution::cancel_requested(it)?,
        A::WorkflowExecutionCompletedEventAttributes(it) => execution::completed(it)?,
        A::WorkflowExecutionFailedEventAttributes(it) => execution::failed(it)?,
        A::WorkflowExecutionCanceledEventAttributes(it) => execution::canceled(it)?,
        A::WorkflowExecutionTimedOutEventAttributes(it) => execution::timed_out(it)?,
        A::WorkflowExecutionTerminatedEventAttributes(it) => execution::terminated(it),
        A::WorkflowExecutionPausedEventAttributes(it) => execution::paused(it),
        A::WorkflowExecutionUnpausedEventAttributes(it) => execution::unpaused(it),
        A::WorkflowExecutionOptionsUpdatedEventAttributes(it) => execution::options_updated(it)?,
        A::WorkflowExecutionContinuedAsNewEventAttributes(it) => execution::continued(it)?,
        A::WorkflowExecutionTimeSkippingTransitionedEventAttributes(it) => {
            time_skipping::event_from_proto(it)?
        }
        A::WorkflowTaskScheduledEventAttributes(it) => task::scheduled(it)?,
        A::WorkflowTaskStartedEventAttributes(it) => task::started(it)?,
        A::WorkflowTaskCompletedEventAttributes(it) => task::completed(it)?,
        A::WorkflowTaskFailedEventAttributes(it) => task::failed(it)?,
        A::WorkflowTaskTimedOutEventAttributes(it) => task::timed_out(it)?,
        A::ActivityTaskScheduledEventAttributes(it) => {
            Event::Activity(refrain_core::machines::activity::Event::Scheduled(Box::new(
                activity::scheduled_from_proto(it, metadata)?,
            )))
        }
        A::ActivityTaskStartedEventAttributes(it) => activity::started(it)?,
        A::ActivityTaskCompletedEventAttributes(it) => activity::completed(it)?,
        A::ActivityTaskFailedEventAttributes(it) => activity::failed(it)?,
        A::ActivityTaskTimedOutEventAttributes(it) => activity::timed_out(it)?,
        A::ActivityTaskCancelRequestedEventAttributes(it) => activity::cancel_requested(it)?,
        A::ActivityTaskCanceledEventAttributes(it) => activity::canceled(it)?,
        A::TimerStartedEventAttributes(it) => timer::started(it, metadata)?,
        A::TimerFiredEventAttributes(it) => timer::fired(it)?,
        A::TimerCanceledEventAttributes(it) => timer::canceled(it, metadata)?,
        A::WorkflowExecutionSignaledEventAttributes(it) => signal::received(it, &event.links)?,
        A::StartChildWorkflowExecutionInitiatedEventAttributes(it) => {
            child::initiated(it, metadata)?
        }
        A::StartChildWorkflowExecutionFailedEventAttributes(it) => {
            child::start_failed(it, metadata)?
        }
        A::ChildWorkflowExecutionStartedEventAttributes(it) => child::started(it)?,
        A::ChildWorkflowExecutionCompletedEventAttributes(it) => child::completed(it)?,
        A::ChildWorkflowExecutionFailedEventAttributes(it) => child::failed(it)?,
        A::ChildWorkflowExecutionCanceledEventAttributes(it) => child::canceled(it)?,
        A::ChildWorkflowExecutionTimedOutEventAttributes(it) => child::timed_out(it)?,
        A::ChildWorkflowExecutionTerminatedEventAttributes(it) => child::terminated(it)?,
        A::SignalExternalWorkflowExecutionInitiatedEventAttributes(it) => {
            external::signal_initiated(it)?
        }
        A::SignalExternalWorkflowExecutionFailedEventAttributes(it) => external::signal_failed(it)?,
        A::ExternalWorkflowExecutionSignaledEventAttributes(it) => external::signaled(it)?,
        A::RequestCancelExternalWorkflowExecutionInitiatedEventAttributes(it) => {
            external::cancel_initiated(it)?
        }
        A::RequestCancelExternalWorkflowExecutionFailedEventAttributes(it) => {
            external::cancel_failed(it)?
        }
        A::ExternalWorkflowExecutionCancelRequestedEventAttributes(it) => {
            external::cancel_requested(it)?
        }
        A::WorkflowExecutionUpdateAdmittedEventAttributes(it) => update::admitted(it)?,
        A::WorkflowExecutionUpdateAcceptedEventAttributes(it) => update::accepted(it)?,
        A::WorkflowExecutionUpdateRejectedEventAttributes(it) => update::rejected(it)?,
        A::WorkflowExecutionUpdateCompletedEventAttributes(it) => update::completed(it)?,
        A::UpsertWorkflowSearchAttributesEventAttributes(it) => attributes::search_upserted(it)?,
        A::WorkflowPropertiesModifiedEventAttributes(it) => attributes::memo_upserted(it)?,
        A::MarkerRecordedEventAttributes(it) if it.marker_name == patch::MARKER => {
            patch::recorded(it)?
        }
        A::MarkerRecordedEventAttributes(it) if it.marker_name == local::MARKER => {
            local::recorded(it, metadata)?
        }
        A::MarkerRecordedEventAttributes(it) => {
            let name = format!("{} `{}`", EventType::MarkerRecorded.as_str_name(), it.marker_name);
            return Err(DecodeError::UnknownEvent { id: event.event_id, name });
        }
        // The rest of Temporal's events: their turn comes with the commands that lead to them.
        _ => return Err(unknown()),
    };
    Ok(Recorded { id, time, event })
}

pub(crate) use patch::marker as patch_marker;
pub(crate) use task::SDK_NAME;

pub(crate) use activity::{scheduled_from_proto, scheduled_to_proto};

#[cfg(test)]
pub(crate) mod tests;
