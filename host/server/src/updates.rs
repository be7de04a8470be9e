//! Updates: sent, waited for, and asked about later.

use crate::patience::{Stopping, within_deadline};
use crate::status::{invalid, of, permission_denied};
use crate::validate;
use crate::workflows::request_link;
use refrain_core::limits::UPDATE_LONG_POLL;
use refrain_core::machines::update;
use refrain_core::time::Delay;
use refrain_engine::api::{Target, UpdateReply, UpdateStage, UpdateState};
use refrain_engine::{Engine, EngineError};
use refrain_wire::api::common::v1::link::{Variant, Workflow};
use refrain_wire::api::common::v1::{Link, WorkflowExecution};
use refrain_wire::api::enums::v1::{EventType, UpdateWorkflowExecutionLifecycleStage as Stage};
use refrain_wire::api::update::v1::{Outcome, Request as PbRequest, UpdateRef, WaitPolicy};
use refrain_wire::api::workflowservice::v1::{
    PollWorkflowExecutionUpdateRequest, PollWorkflowExecutionUpdateResponse,
    UpdateWorkflowExecutionRequest, UpdateWorkflowExecutionResponse,
};
use refrain_wire::update::{outcome_to_proto, request_from_proto};
use tonic::{Request, Status};

pub(crate) async fn update(
    engine: &Engine,
    stopping: &Stopping,
    request: Request<UpdateWorkflowExecutionRequest>,
) -> Result<UpdateWorkflowExecutionResponse, Status> {
    let patience = within_deadline(request.metadata(), UPDATE_LONG_POLL);
    let request = request.into_inner();
    let namespace = validate::namespace(engine, &request.namespace)?;
    let target = Target {
        chain: validate::chain(&request.first_execution_run_id),
        ..validate::target(&namespace, request.workflow_execution)?
    };
    let Asked { request: asked, wait } = asked(request.request, request.wait_policy)?;
    let waits = engine.update(&target, asked, wait, patience);
    let reply =
        stopping.unless(waits).await.ok_or_else(|| of(EngineError::ShuttingDown))?.map_err(of)?;
    Ok(response(request.namespace, target.workflow_id, reply))
}

/// What a request asks for, checked.
pub(crate) struct Asked {
    pub(crate) request: update::Request,
    pub(crate) wait: UpdateStage,
}

pub(crate) fn asked(
    request: Option<PbRequest>,
    policy: Option<WaitPolicy>,
) -> Result<Asked, Status> {
    let request = request.ok_or_else(|| invalid("request is missing"))?;
    if request.meta.is_none() {
        return Err(invalid("request.meta is missing"));
    }
    let n_callbacks = request.completion_callbacks.len();
    if n_callbacks > 0 {
        return Err(invalid(format!(
            "{n_callbacks} completion_callbacks found, expected none: this host does not call back"
        )));
    }
    let request = request_from_proto(request);
    validate::name("request.input.name", &request.name)?;
    validate::short("request.meta.update_id", &request.id)?;
    validate::short("request.meta.identity", &request.identity)?;
    validate::blob("request.input.args", &request.input)?;
    validate::blob_map("request.input.header", &request.header)?;
    let wait = match stage(policy)? {
        Stage::Unspecified | Stage::Accepted => UpdateStage::Accepted,
        Stage::Completed => UpdateStage::Completed,
        // As the real server: such an update might never be seen by anyone.
        Stage::Admitted => {
            return Err(permission_denied(
                "wait_policy.lifecycle_stage is `ADMITTED`, expected `ACCEPTED` or `COMPLETED`",
            ));
        }
    };
    Ok(Asked { request, wait })
}

fn stage(policy: Option<WaitPolicy>) -> Result<Stage, Status> {
    let stage = policy.unwrap_or_default().lifecycle_stage;
    Stage::try_from(stage)
        .map_err(|_| invalid(format!("wait_policy.lifecycle_stage is `{stage}`, expected 0 to 3")))
}

/// How far it is, and what came of it if that is known.
fn told(state: &UpdateState) -> (Stage, Option<Outcome>) {
    match state {
        UpdateState::Admitted => (Stage::Admitted, None),
        UpdateState::Accepted => (Stage::Accepted, None),
        UpdateState::Rejected(failure) => {
            (Stage::Completed, Some(outcome_to_proto(&Err(failure.clone()))))
        }
        UpdateState::Completed(outcome) => (Stage::Completed, Some(outcome_to_proto(outcome))),
    }
}

pub(crate) fn response(
    namespace: String,
    workflow_id: String,
    reply: UpdateReply,
) -> UpdateWorkflowExecutionResponse {
    let (stage, outcome) = told(&reply.state);
    let run_id = reply.run.to_string();
    let execution = WorkflowExecution { workflow_id: workflow_id.clone(), run_id: run_id.clone() };
    let link = match reply.state {
        UpdateState::Rejected(_) => {
            let reason = "Update rejected".to_owned();
            Link {
                variant: Some(Variant::Workflow(Workflow {
                    namespace,
                    workflow_id,
                    run_id,
                    reason,
                })),
            }
        }
        UpdateState::Admitted | UpdateState::Accepted | UpdateState::Completed(_) => {
            let event_type = EventType::WorkflowExecutionUpdateAccepted;
            request_link(namespace, workflow_id, run_id, String::new(), event_type)
        }
    };
    UpdateWorkflowExecutionResponse {
        update_ref: Some(UpdateRef { workflow_execution: Some(execution), update_id: reply.id }),
        outcome,
        stage: stage as i32,
        link: Some(link),
    }
}

pub(crate) async fn poll(
    engine: &Engine,
    stopping: &Stopping,
    request: Request<PollWorkflowExecutionUpdateRequest>,
) -> Result<PollWorkflowExecutionUpdateResponse, Status> {
    let mut patience = within_deadline(request.metadata(), UPDATE_LONG_POLL);
    let request = request.into_inner();
    let namespace = validate::namespace(engine, &request.namespace)?;
    let update_ref = request.update_ref.ok_or_else(|| invalid("update_ref is missing"))?;
    let target = validate::target(&namespace, update_ref.workflow_execution)?;
    let wait = match stage(request.wait_policy)? {
        // Without a policy: how far it is now.
        Stage::Unspecified | Stage::Admitted => {
            patience = Delay::ZERO;
            UpdateStage::Admitted
        }
        Stage::Accepted => UpdateStage::Accepted,
        Stage::Completed => UpdateStage::Completed,
    };
    let waits = engine.poll_update(&target, &update_ref.update_id, wait, patience);
    let reply =
        stopping.unless(waits).await.ok_or_else(|| of(EngineError::ShuttingDown))?.map_err(of)?;
    let (stage, outcome) = told(&reply.state);
    let execution =
        WorkflowExecution { workflow_id: target.workflow_id, run_id: reply.run.to_string() };
    Ok(PollWorkflowExecutionUpdateResponse {
        outcome,
        stage: stage as i32,
        update_ref: Some(UpdateRef { workflow_execution: Some(execution), update_id: reply.id }),
    })
}
