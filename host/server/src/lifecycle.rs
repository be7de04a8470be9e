//! What an operator does to runs: pause, unpause, reset, delete.

use crate::status::{invalid, of, undecodable};
use crate::validate;
use refrain_core::ids::EventId;
use refrain_engine::Engine;
use refrain_engine::api::ResetRequest;
use refrain_wire::api::common::v1::WorkflowExecution;
use refrain_wire::api::workflow::v1::WorkflowExecutionOptions;
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
    #[allow(deprecated, reason = "command lines still say it the old way")]
    let kind = request.reset_reapply_type;
    let reapply = reset::reapply_from_proto(kind, &request.reset_reapply_exclude_types);
    validate::after_reset(&request.post_reset_operations)?;
    let after = reset::after_from_proto(request.post_reset_operations, &request.identity);
    let request = ResetRequest {
        target,
        at: EventId(at),
        reason: request.reason,
        identity: request.identity,
        request_id: request.request_id,
        reapply: reapply.map_err(undecodable)?,
        after: after.map_err(undecodable)?,
    };
    let reply = engine.reset(request).await.map_err(of)?;
    Ok(ResetWorkflowExecutionResponse { run_id: reply.run.to_string() })
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
    validate::run_options(asked.as_ref())?;
    let change = run_options::change_from_proto(asked, request.update_mask).map_err(undecodable)?;
    let options = engine.update_options(&target, change, request.identity).await.map_err(of)?;
    let options = Some(WorkflowExecutionOptions {
        versioning_override: options.versioning.as_ref().map(run_options::override_shown),
        ..run_options::to_proto(&options)
    });
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
