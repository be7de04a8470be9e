//! A run's row as memory keeps it, in step with what is committed.

use refrain_core::decision::{Effect, RunSummary};
use refrain_core::ids::{Digest, EventId, RunKey};
use refrain_core::machines::execution;
use refrain_core::time::{Delay, Timestamp};
use refrain_store::RunRow;

/// Before the first step.
pub(crate) fn of_start(
    key: RunKey,
    component: Digest,
    request_id: &str,
    started: &execution::Started,
    now: Timestamp,
) -> RunRow {
    RunRow {
        workflow_type: started.workflow_type.clone(),
        task_queue: started.task_queue.clone(),
        status: execution::State::Running,
        cancel_requested: false,
        pause_reason: None,
        started_at: now,
        execution_at: now.plus(started.first_task_backoff.unwrap_or(Delay::ZERO)),
        closed_at: None,
        next_event: EventId::FIRST,
        history_bytes: 0,
        component,
        earlier: Vec::new(),
        options: None,
        start_request_id: Some(request_id.to_owned()).filter(|it| !it.is_empty()),
        first_run: started.first_run.unwrap_or(key.run),
        task_failure: None,
        state_transitions: 0,
        parent: started.parent.as_ref().map(|it| it.workflow.clone()),
        root: started.root.clone(),
        memo: started.memo.clone(),
        search_attributes: started.search_attributes.clone(),
        key,
    }
}

/// The moment of its events, as the store keeps it, and not that at which they were asked for.
pub(crate) fn set_began(row: &mut RunRow, at: Timestamp) {
    let backoff = row.execution_at.since(row.started_at);
    row.started_at = at;
    row.execution_at = at.plus(backoff);
}

/// After a step.
pub(crate) fn advance(row: &mut RunRow, summary: RunSummary, history_bytes: u64) {
    row.cancel_requested |= summary.status.is_cancel_requested();
    row.status = summary.status;
    row.next_event = summary.next_event;
    row.closed_at = summary.closed_at;
    row.pause_reason = summary.pause_reason;
    row.task_failure = summary.task_failure;
    row.history_bytes += history_bytes;
    row.state_transitions += 1;
}

/// The last word of a step on memo, search attributes and options, if it has one.
pub(crate) fn set_attributes(row: &mut RunRow, effects: &[Effect]) {
    let options = |effect: &Effect| match effect {
        Effect::SetOptions(options) => Some((**options).clone()),
        _ => None,
    };
    row.options = effects.iter().rev().find_map(options).or(row.options.take());
    let attributes = |effect: &Effect| match effect {
        Effect::SetAttributes(attributes) => Some(attributes.clone()),
        _ => None,
    };
    if let Some(attributes) = effects.iter().rev().find_map(attributes) {
        row.memo = attributes.memo;
        row.search_attributes = attributes.search;
    }
}
