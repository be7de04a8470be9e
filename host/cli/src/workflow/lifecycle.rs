//! `pause`, `unpause` and `delete`: what an operator does to runs.

use super::TargetArgs;
use super::message::{EndArgs, done};
use crate::client::identity;
use crate::errors::CliError;
use crate::output::Format;
use refrain_wire::api::workflowservice::v1 as pb;

pub(super) async fn pause(args: EndArgs, format: Format) -> Result<(), CliError> {
    let client = args.target.scope.connect().await?;
    client
        .call(pb::PauseWorkflowExecutionRequest {
            namespace: args.target.scope.namespace(),
            workflow_id: args.target.workflow_id.clone(),
            run_id: args.target.run_id.clone(),
            identity: identity(),
            reason: args.reason.clone(),
            request_id: uuid::Uuid::new_v4().to_string(),
        })
        .await?;
    done("paused", &args.target, format)
}

pub(super) async fn unpause(args: EndArgs, format: Format) -> Result<(), CliError> {
    let client = args.target.scope.connect().await?;
    client
        .call(pb::UnpauseWorkflowExecutionRequest {
            namespace: args.target.scope.namespace(),
            workflow_id: args.target.workflow_id.clone(),
            run_id: args.target.run_id.clone(),
            identity: identity(),
            reason: args.reason.clone(),
            request_id: uuid::Uuid::new_v4().to_string(),
        })
        .await?;
    done("unpaused", &args.target, format)
}

pub(super) async fn delete(args: TargetArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    client
        .call(pb::DeleteWorkflowExecutionRequest {
            namespace: args.scope.namespace(),
            workflow_execution: args.execution(),
        })
        .await?;
    done("deleted", &args, format)
}
