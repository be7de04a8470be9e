//! The end of a run that another one follows, for clients that don't know of such.
//!
//! A run that failed, timed out or completed may have a next one: of its retry policy, of its cron string. A client that
//! knows says so. All others, today's Python and TypeScript among them, are told of a continue-as-new, as by the real
//! server; what they make of it is the same: they go on to the next run, or say that there is one.

use refrain_wire::api::enums::v1::{EventType, TimeoutType};
use refrain_wire::api::failure::v1::failure::FailureInfo;
use refrain_wire::api::failure::v1::{Failure, TimeoutFailureInfo};
use refrain_wire::api::history::v1::history_event::Attributes;
use refrain_wire::api::history::v1::{
    HistoryEvent, WorkflowExecutionContinuedAsNewEventAttributes,
};
use tonic::metadata::MetadataMap;

const FEATURES: &str = "supported-features";
const FOLLOWS: &str = "follows-next-run-id";

/// Whether who asks knows that any end of a run may name the next one.
pub(super) fn follows(metadata: &MetadataMap) -> bool {
    let features = metadata.get(FEATURES).and_then(|it| it.to_str().ok()).unwrap_or_default();
    features.split(',').any(|it| it == FOLLOWS)
}

/// Leaves an event alone that names no next run.
#[allow(deprecated, reason = "the real server says there why the run failed")]
pub(super) fn disguise(event: &mut HistoryEvent) {
    let (next, last_completion_result, failure) = match &event.attributes {
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(it)) => {
            (&it.new_execution_run_id, it.result.clone(), None)
        }
        Some(Attributes::WorkflowExecutionFailedEventAttributes(it)) => {
            (&it.new_execution_run_id, None, it.failure.clone())
        }
        Some(Attributes::WorkflowExecutionTimedOutEventAttributes(it)) => {
            (&it.new_execution_run_id, None, Some(timeout()))
        }
        _ => return,
    };
    if next.is_empty() {
        return;
    }
    let continued = WorkflowExecutionContinuedAsNewEventAttributes {
        new_execution_run_id: next.clone(),
        last_completion_result,
        failure,
        ..Default::default()
    };
    event.event_type = EventType::WorkflowExecutionContinuedAsNew as i32;
    event.attributes = Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(continued));
}

/// In the real server's words.
fn timeout() -> Failure {
    let timeout_type = TimeoutType::StartToClose as i32;
    let info = TimeoutFailureInfo { timeout_type, ..Default::default() };
    Failure {
        message: "workflow timeout".to_owned(),
        source: "Server".to_owned(),
        failure_info: Some(FailureInfo::TimeoutFailureInfo(info)),
        ..Default::default()
    }
}
