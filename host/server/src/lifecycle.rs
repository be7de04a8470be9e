//! What an operator does to runs: pause, unpause, delete.

use crate::status::of;
use crate::validate;
use refrain_engine::Engine;
use refrain_wire::api::common::v1::WorkflowExecution;
use refrain_wire::api::workflowservice::v1::{
    DeleteWorkflowExecutionRequest, DeleteWorkflowExecutionResponse, PauseWorkflowExecutionRequest,
    PauseWorkflowExecutionResponse, UnpauseWorkflowExecutionRequest,
    UnpauseWorkflowExecutionResponse,
};
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
