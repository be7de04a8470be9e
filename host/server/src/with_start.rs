//! A start that brings something along: a signal, or an update.

use crate::patience::{Stopping, within_deadline};
use crate::status::{invalid, multi_operation, of};
use crate::updates::{self, Asked};
use crate::workflows::{request_id_or_new, request_link, start_request, start_response};
use crate::{links, validate};
use refrain_core::limits::UPDATE_LONG_POLL;
use refrain_core::machines::signal;
use refrain_engine::api::StartRequest;
use refrain_engine::{Engine, EngineError};
use refrain_wire::api::enums::v1::{
    EventType, WorkflowIdConflictPolicy as Conflict, WorkflowIdReusePolicy as Reuse,
};
use refrain_wire::api::workflowservice::v1::execute_multi_operation_request as asked;
use refrain_wire::api::workflowservice::v1::execute_multi_operation_response as answered;
use refrain_wire::api::workflowservice::v1::{
    ExecuteMultiOperationRequest, ExecuteMultiOperationResponse,
    SignalWithStartWorkflowExecutionRequest, SignalWithStartWorkflowExecutionResponse,
    StartWorkflowExecutionRequest, UpdateWorkflowExecutionRequest,
};
use refrain_wire::payload;
use tonic::{Request, Status};

/// Who says nothing wants the open run.
#[allow(deprecated, reason = "clients still send `TERMINATE_IF_RUNNING`, which says it all")]
fn conflict_policy(asked: i32, reuse: i32) -> i32 {
    match (Conflict::try_from(asked), Reuse::try_from(reuse)) {
        (Ok(Conflict::Unspecified), Ok(Reuse::TerminateIfRunning)) => asked,
        (Ok(Conflict::Unspecified), _) => Conflict::UseExisting as i32,
        (_, _) => asked,
    }
}

pub(crate) async fn signal_with_start(
    engine: &Engine,
    request: SignalWithStartWorkflowExecutionRequest,
) -> Result<SignalWithStartWorkflowExecutionResponse, Status> {
    validate::signal_name(&request.signal_name)?;
    if request.workflow_id_conflict_policy == Conflict::Fail as i32 {
        return Err(invalid(
            "workflow_id_conflict_policy is `FAIL`, expected `USE_EXISTING` or `TERMINATE_EXISTING`",
        ));
    }
    let header = payload::header_from_proto(request.header.clone());
    let request_id = request_id_or_new(request.request_id);
    let signal = signal::Signal {
        name: request.signal_name,
        input: payload::list_from_proto(request.signal_input),
        header,
        identity: request.identity.clone(),
        request_id: request_id.clone(),
        from: None,
        links: links::checked(request.links.clone())?,
    };
    validate::blob("signal_input", &signal.input)?;
    let (namespace, workflow_id) = (request.namespace.clone(), request.workflow_id.clone());
    let start = StartWorkflowExecutionRequest {
        namespace: request.namespace,
        workflow_id: request.workflow_id,
        workflow_type: request.workflow_type,
        task_queue: request.task_queue,
        input: request.input,
        workflow_execution_timeout: request.workflow_execution_timeout,
        workflow_run_timeout: request.workflow_run_timeout,
        workflow_task_timeout: request.workflow_task_timeout,
        identity: request.identity,
        request_id: request_id.clone(),
        workflow_id_conflict_policy: conflict_policy(
            request.workflow_id_conflict_policy,
            request.workflow_id_reuse_policy,
        ),
        workflow_id_reuse_policy: request.workflow_id_reuse_policy,
        retry_policy: request.retry_policy,
        cron_schedule: request.cron_schedule,
        memo: request.memo,
        search_attributes: request.search_attributes,
        header: request.header,
        workflow_start_delay: request.workflow_start_delay,
        user_metadata: request.user_metadata,
        links: request.links,
        versioning_override: request.versioning_override,
        priority: request.priority,
        time_skipping_config: request.time_skipping_config,
        ..Default::default()
    };
    let start = start_request(engine, start)?;
    let reply = engine.signal_with_start(start, signal).await.map_err(of)?;
    let run_id = reply.run.to_string();
    Ok(SignalWithStartWorkflowExecutionResponse {
        first_execution_run_id: reply.first.to_string(),
        started: reply.started,
        signal_link: Some(request_link(
            namespace,
            workflow_id,
            run_id.clone(),
            request_id,
            EventType::WorkflowExecutionSignaled,
        )),
        run_id,
    })
}

/// Of all that the call could mean, it means a start and an update.
pub(crate) async fn execute(
    engine: &Engine,
    stopping: &Stopping,
    request: Request<ExecuteMultiOperationRequest>,
) -> Result<ExecuteMultiOperationResponse, Status> {
    let patience = within_deadline(request.metadata(), UPDATE_LONG_POLL);
    let request = request.into_inner();
    validate::namespace(engine, &request.namespace)?;
    let operations = request.operations.into_iter().filter_map(|it| it.operation);
    let Ok([start, update]) = <[_; 2]>::try_from(operations.collect::<Vec<_>>()) else {
        return Err(not_start_and_update());
    };
    let (
        asked::operation::Operation::StartWorkflow(start),
        asked::operation::Operation::UpdateWorkflow(update),
    ) = (start, update)
    else {
        return Err(not_start_and_update());
    };
    let workflow_id = start.workflow_id.clone();
    let start = checked_start(engine, &request.namespace, start)
        .map_err(|status| multi_operation([Some(status), None]))?;
    let Asked { request: asked, wait } = checked_update(&request.namespace, &workflow_id, update)
        .map_err(|status| multi_operation([None, Some(status)]))?;
    let waits = engine.update_with_start(start, asked, wait, patience);
    let done = stopping.unless(waits).await;
    let done = done.ok_or_else(|| of(EngineError::ShuttingDown))?;
    let (started, updated) = done.map_err(|error| multi_operation([Some(of(error)), None]))?;
    let updated = updated.map_err(|error| multi_operation([None, Some(of(error))]))?;
    use answered::response::Response;
    let namespace = request.namespace;
    let responses = [
        Response::StartWorkflow(start_response(namespace.clone(), workflow_id.clone(), &started)),
        Response::UpdateWorkflow(updates::response(namespace, workflow_id, updated)),
    ];
    let responses =
        responses.map(|response| answered::Response { response: Some(response) }).into();
    Ok(ExecuteMultiOperationResponse { responses })
}

fn not_start_and_update() -> Status {
    invalid("operations are not what is expected: a start and then an update of the same workflow")
}

fn checked_start(
    engine: &Engine,
    namespace: &str,
    request: StartWorkflowExecutionRequest,
) -> Result<StartRequest, Status> {
    same_namespace(namespace, &request.namespace)?;
    let unexpected = [
        ("cron_schedule", !request.cron_schedule.is_empty()),
        ("workflow_start_delay", request.workflow_start_delay.is_some()),
        ("request_eager_execution", request.request_eager_execution),
    ];
    if let Some((field, _)) = unexpected.into_iter().find(|it| it.1) {
        return Err(invalid(format!("{field} is set, expected none beside an update")));
    }
    start_request(engine, request)
}

fn checked_update(
    namespace: &str,
    workflow_id: &str,
    request: UpdateWorkflowExecutionRequest,
) -> Result<Asked, Status> {
    same_namespace(namespace, &request.namespace)?;
    let execution = request.workflow_execution.unwrap_or_default();
    if execution.workflow_id != workflow_id {
        return Err(invalid(format!(
            "workflow_id is `{}`, expected that of the start, `{workflow_id}`",
            execution.workflow_id
        )));
    }
    if !execution.run_id.is_empty() || !request.first_execution_run_id.is_empty() {
        return Err(invalid("a run is named, expected none beside a start"));
    }
    updates::asked(request.request, request.wait_policy)
}

fn same_namespace(outer: &str, inner: &str) -> Result<(), Status> {
    if outer == inner {
        return Ok(());
    }
    Err(invalid(format!("namespace is `{inner}`, expected that of the whole request, `{outer}`")))
}
