//! Waiting for a run's own clock to come to the end of a fast-forward.

use crate::patience::{Stopping, within_deadline};
use crate::status::{invalid, of};
use crate::validate;
use refrain_core::limits::HISTORY_LONG_POLL;
use refrain_core::machines::clock::{Clock, State};
use refrain_core::time::Delay;
use refrain_engine::Engine;
use refrain_wire::api::enums::v1::FastForwardPollingResult as Outcome;
use refrain_wire::api::workflowservice::v1::{
    PollWorkflowExecutionTimeSkippingRequest, PollWorkflowExecutionTimeSkippingResponse,
};
use refrain_wire::time_skipping;
use std::time::Duration;
use tokio::time::Instant;
use tonic::{Request, Status};

/// Answers when the fast-forward is over or can't be any more, in Temporal's words; else when the
/// patience is. Without a run id it is that of the chain.
pub(crate) async fn poll(
    engine: &Engine,
    stopping: &Stopping,
    request: Request<PollWorkflowExecutionTimeSkippingRequest>,
) -> Result<PollWorkflowExecutionTimeSkippingResponse, Status> {
    let patience = within_deadline(request.metadata(), HISTORY_LONG_POLL);
    let request = request.into_inner();
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target = validate::target(&namespace, request.workflow_execution)?;
    let id = request.fast_forward_id;
    if id.is_empty() {
        return Err(invalid("Time skipping config invalid: fast_forward_id must be set"));
    }
    let until = Instant::now() + Duration::from_millis(patience.as_ms());
    loop {
        let progress = engine.progress(&target).await.map_err(of)?;
        let clock = engine.own_clock(&progress.run).await.map_err(of)?;
        let clock = clock.unwrap_or_default();
        if let Some(settled) = settled(&clock, &id, progress.closed) {
            return Ok(settled);
        }
        let left = until.saturating_duration_since(Instant::now());
        let grown = engine.wait_for_event(
            &progress.run,
            progress.next_event,
            Delay(left.as_millis() as u64),
        );
        let nothing_came = match stopping.unless(grown).await {
            Some(grown) => grown.map_err(of)?.next_event <= progress.next_event,
            None => true,
        };
        if nothing_came {
            return Ok(answer(&clock, Outcome::PollTimeout, ""));
        }
    }
}

fn settled(
    clock: &Clock,
    id: &str,
    closed: bool,
) -> Option<PollWorkflowExecutionTimeSkippingResponse> {
    let forward = clock.config.as_ref().and_then(|it| it.fast_forward.as_ref());
    if forward.is_none_or(|it| it.id != id) {
        let reason =
            "the requested fast_forward_id does not match the execution's current fast-forward";
        return Some(answer(clock, Outcome::FastForwardFailed, reason));
    }
    if clock.state == State::Arrived {
        return Some(answer(clock, Outcome::FastForwardCompleted, ""));
    }
    let reason = "the execution ended before the fast-forward completed";
    closed.then(|| answer(clock, Outcome::FastForwardFailed, reason))
}

fn answer(
    clock: &Clock,
    outcome: Outcome,
    reason: &str,
) -> PollWorkflowExecutionTimeSkippingResponse {
    PollWorkflowExecutionTimeSkippingResponse {
        fast_forward_polling_result: outcome as i32,
        failed_reason: reason.to_owned(),
        fast_forward_info: time_skipping::forward_to_proto(clock),
    }
}
