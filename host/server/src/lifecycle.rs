//! What an operator does to runs: pause, unpause, reset, delete.

use crate::status::{invalid, of, undecodable};
use crate::testing::own_clock;
use crate::validate;
use refrain_core::ids::EventId;
use refrain_engine::Engine;
use refrain_engine::api::{Onto, Reapply, ResetRequest};
use refrain_wire::api::common::v1::WorkflowExecution;
use refrain_wire::api::workflow::v1::VersioningOverride;
use refrain_wire::api::workflow::v1::post_reset_operation::Variant as Operation;
use refrain_wire::api::workflow::v1::versioning_override::Override;
use refrain_wire::api::workflowservice::v1::{
    DeleteWorkflowExecutionRequest, DeleteWorkflowExecutionResponse, PauseWorkflowExecutionRequest,
    PauseWorkflowExecutionResponse, ResetWorkflowExecutionRequest, ResetWorkflowExecutionResponse,
    UnpauseWorkflowExecutionRequest, UnpauseWorkflowExecutionResponse,
    UpdateWorkflowExecutionOptionsRequest, UpdateWorkflowExecutionOptionsResponse,
};
use refrain_wire::{reset, run_options};
use tonic::Status;

pub(crate) async fn pause(
    engine: &Engine,
    request: PauseWorkflowExecutionRequest,
) -> Result<PauseWorkflowExecutionResponse, Status> {
    let PauseWorkflowExecutionRequest {
        namespace,
        workflow_id,
        run_id,
        identity,
        reason,
        request_id,
    } = request;
    let namespace = validate::namespace(engine, &namespace)?;
    let target = validate::target(&namespace, Some(WorkflowExecution { workflow_id, run_id }))?;
    said(&identity, &reason, &request_id)?;
    engine.pause(target, reason, identity, request_id).await.map_err(of)?;
    Ok(PauseWorkflowExecutionResponse {})
}

pub(crate) async fn unpause(
    engine: &Engine,
    request: UnpauseWorkflowExecutionRequest,
) -> Result<UnpauseWorkflowExecutionResponse, Status> {
    let UnpauseWorkflowExecutionRequest {
        namespace,
        workflow_id,
        run_id,
        identity,
        reason,
        request_id,
    } = request;
    let namespace = validate::namespace(engine, &namespace)?;
    let target = validate::target(&namespace, Some(WorkflowExecution { workflow_id, run_id }))?;
    said(&identity, &reason, &request_id)?;
    engine.unpause(target, reason, identity, request_id).await.map_err(of)?;
    Ok(UnpauseWorkflowExecutionResponse {})
}

pub(crate) async fn reset(
    engine: &Engine,
    request: ResetWorkflowExecutionRequest,
) -> Result<ResetWorkflowExecutionResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target = validate::target(&namespace, request.workflow_execution.clone())?;
    validate::name("request_id", &request.request_id)?;
    validate::short("identity", &request.identity)?;
    validate::short("reason", &request.reason)?;
    let at = u64::try_from(request.workflow_task_finish_event_id).map_err(|_| {
        let found = request.workflow_task_finish_event_id;
        invalid(format!("workflow_task_finish_event_id is `{found}`, expected 2 or more"))
    })?;
    let reapply = reapply(&request)?;
    let (mut signals, mut onto) = (Vec::new(), Onto::Its);
    for operation in request.post_reset_operations {
        match operation.variant {
            Some(Operation::SignalWorkflow(it)) => {
                validate::signal_name(&it.signal_name)?;
                signals.push(reset::signal_after(it, &request.identity));
            }
            Some(Operation::UpdateWorkflowOptions(it)) => {
                let options = it.workflow_execution_options.unwrap_or_default();
                onto = onto_of(options.versioning_override)?;
            }
            None => {
                return Err(invalid(
                    "a post_reset_operation is empty, expected a signal or options",
                ));
            }
        }
    }
    let request = ResetRequest {
        target,
        at: EventId(at),
        reason: request.reason,
        identity: request.identity,
        request_id: request.request_id,
        reapply,
        signals,
        onto,
    };
    let reply = engine.reset(request).await.map_err(of)?;
    Ok(ResetWorkflowExecutionResponse { run_id: reply.run.to_string() })
}

#[allow(deprecated, reason = "command lines still say it the old way")]
fn reapply(request: &ResetWorkflowExecutionRequest) -> Result<Reapply, Status> {
    let mut reapply = reset::reapply_type(request.reset_reapply_type).map_err(undecodable)?;
    for excluded in &request.reset_reapply_exclude_types {
        reapply = reset::without(reapply, *excluded).ok_or_else(|| {
            invalid(format!("reset_reapply_exclude_types has `{excluded}`, expected 1 to 4"))
        })?;
    }
    Ok(reapply)
}

/// Temporal's words for "on which component": its own, a certain one, or the deployed one.
fn onto_of(versioning: Option<VersioningOverride>) -> Result<Onto, Status> {
    match versioning.and_then(|it| it.r#override) {
        None => Ok(Onto::Its),
        Some(Override::AutoUpgrade(_)) => Ok(Onto::Deployed),
        Some(Override::Pinned(pinned)) => {
            let build_id = pinned.version.unwrap_or_default().build_id;
            build_id.parse().map(Onto::Component).map_err(|_| {
                invalid(format!("build_id is `{build_id}`, expected the digest of a component"))
            })
        }
        Some(other) => Err(invalid(format!(
            "versioning_override is `{other:?}`, expected pinned or auto_upgrade"
        ))),
    }
}

pub(crate) async fn update_options(
    engine: &Engine,
    request: UpdateWorkflowExecutionOptionsRequest,
) -> Result<UpdateWorkflowExecutionOptionsResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target = validate::target(&namespace, request.workflow_execution)?;
    validate::short("identity", &request.identity)?;
    let asked = request.workflow_execution_options;
    if asked.is_none() {
        return Err(invalid("WorkflowExecutionOptions is required"));
    }
    own_clock(engine, asked.as_ref().and_then(|it| it.time_skipping_config.as_ref()))?;
    validate::priority(asked.as_ref().and_then(|it| it.priority.clone()))?;
    let change = run_options::change_from_proto(asked, request.update_mask).map_err(undecodable)?;
    let options = engine.update_options(&target, change, request.identity).await.map_err(of)?;
    let options = Some(run_options::to_proto(&options));
    Ok(UpdateWorkflowExecutionOptionsResponse {
        workflow_execution_options: options,
        update_time: None,
    })
}

/// Done when it answers, unlike the real server's, which only promises it.
pub(crate) async fn delete(
    engine: &Engine,
    request: DeleteWorkflowExecutionRequest,
) -> Result<DeleteWorkflowExecutionResponse, Status> {
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target = validate::target(&namespace, request.workflow_execution)?;
    engine.delete(&target).await.map_err(of)?;
    Ok(DeleteWorkflowExecutionResponse {})
}

fn said(identity: &str, reason: &str, request_id: &str) -> Result<(), Status> {
    validate::short("identity", identity)?;
    validate::short("reason", reason)?;
    validate::short("request_id", request_id)
}
