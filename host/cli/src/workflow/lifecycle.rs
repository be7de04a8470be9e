//! `pause`, `unpause`, `reset` and `delete`: what an operator does to runs.

use super::many::{ManyArgs, Meant};
use super::message::{EndArgs, EndManyArgs, done};
use super::{PAGE, TargetArgs};
use crate::client::{Client, ScopeArgs, identity};
use crate::deploy;
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::{ArgGroup, Args, ValueEnum};
use refrain_wire::api::batch::v1::{BatchOperationDeletion, BatchOperationReset};
use refrain_wire::api::common::v1::{ResetOptions, reset_options};
use refrain_wire::api::deployment::v1::WorkerDeploymentVersion;
use refrain_wire::api::enums::v1::{EventType, ResetReapplyExcludeType};
use refrain_wire::api::workflow::v1::post_reset_operation::{UpdateWorkflowOptions, Variant};
use refrain_wire::api::workflow::v1::versioning_override::{OneTimeOverride, Override};
use refrain_wire::api::workflow::v1::{
    PostResetOperation, VersioningOverride, WorkflowExecutionOptions,
};
use refrain_wire::api::workflowservice::v1 as pb;
use refrain_wire::api::workflowservice::v1::start_batch_operation_request::Operation;
use refrain_wire::wkt::FieldMask;
use serde_json::json;

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

pub(super) async fn delete(args: EndManyArgs, format: Format) -> Result<(), CliError> {
    let EndManyArgs { targets, reason } = args;
    let target = match targets.meant() {
        Meant::One(target) => target,
        Meant::Many(batch) => {
            let delete = BatchOperationDeletion { identity: identity() };
            return batch.start(Operation::DeletionOperation(delete), reason, format).await;
        }
    };
    let client = target.scope.connect().await?;
    client
        .call(pb::DeleteWorkflowExecutionRequest {
            namespace: target.scope.namespace(),
            workflow_execution: target.execution(),
        })
        .await?;
    done("deleted", &target, format)
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("place").required(true).args(["event_id", "to"]))]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    targets: ManyArgs,
    /// Go back to before this event: the one that ended a workflow task.
    #[arg(long, value_name = "N", conflicts_with = "query")]
    event_id: Option<i64>,
    /// Go back to this workflow task.
    #[arg(long = "type", visible_alias = "to", value_name = "TASK", ignore_case = true)]
    to: Option<ResetTo>,
    /// Why; it is kept in the history.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// The component that the new run is on: `own`, where the run's options or its base put it;
    /// `current`, what is deployed now; or a version of its task queue, by name or digest.
    #[arg(long, value_name = "VERSION", default_value = "own")]
    version: String,
    /// What came to the run after that place and is not to come to the new one.
    #[arg(long, value_name = "WHAT")]
    reapply_exclude: Vec<Excluded>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum ResetTo {
    #[value(alias = "FirstWorkflowTask")]
    First,
    #[value(alias = "LastWorkflowTask")]
    Last,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Excluded {
    All,
    Signal,
    Update,
}

pub(super) async fn reset(args: ResetArgs, format: Format) -> Result<(), CliError> {
    let ResetArgs { targets, event_id, to, reason, version, reapply_exclude } = args;
    let to = to.unwrap_or(ResetTo::Last);
    let excluded = reapply_exclude.iter().flat_map(|it| match it {
        Excluded::All => vec![ResetReapplyExcludeType::Signal, ResetReapplyExcludeType::Update],
        Excluded::Signal => vec![ResetReapplyExcludeType::Signal],
        Excluded::Update => vec![ResetReapplyExcludeType::Update],
    });
    let reset_reapply_exclude_types = excluded.map(|it| it as i32).collect();
    let post_reset_operations = onto(&version, targets.scope()).await?;
    let target = match targets.meant() {
        Meant::One(target) => target,
        Meant::Many(batch) => {
            let place = match to {
                ResetTo::First => reset_options::Target::FirstWorkflowTask(()),
                ResetTo::Last => reset_options::Target::LastWorkflowTask(()),
            };
            let options = ResetOptions {
                target: Some(place),
                reset_reapply_exclude_types,
                ..ResetOptions::default()
            };
            let reset = BatchOperationReset {
                identity: identity(),
                options: Some(options),
                post_reset_operations,
                ..BatchOperationReset::default()
            };
            return batch.start(Operation::ResetOperation(reset), reason, format).await;
        }
    };
    let client = target.scope.connect().await?;
    let at = match event_id {
        Some(at) => at,
        None => task_end(&client, &target, to).await?,
    };
    let answer = client
        .call(pb::ResetWorkflowExecutionRequest {
            namespace: target.scope.namespace(),
            workflow_execution: target.execution(),
            reason,
            workflow_task_finish_event_id: at,
            request_id: uuid::Uuid::new_v4().to_string(),
            reset_reapply_exclude_types,
            post_reset_operations,
            identity: identity(),
            ..Default::default()
        })
        .await?;
    match format {
        Format::Text => {
            let words = format!("reset to before event {at}: run {} of", answer.run_id);
            done(&words, &target, format)
        }
        Format::Json => output::print_json(&json!({
            "workflowId": target.workflow_id,
            "runId": answer.run_id,
            "eventId": at,
        })),
    }
}

/// For one time: what was said of the run's version before does not take it elsewhere, and what is
/// deployed next doesn't either.
async fn onto(version: &str, scope: &ScopeArgs) -> Result<Vec<PostResetOperation>, CliError> {
    let target_deployment_version = match version {
        "own" => return Ok(Vec::new()),
        "current" => None,
        component => {
            let client = scope.connect().await?;
            let found = deploy::find(&client, &scope.namespace(), component).await?;
            // The deployment is each run's queue.
            let deployment_name = String::new();
            Some(WorkerDeploymentVersion { build_id: found.digest, deployment_name })
        }
    };
    let one_time = OneTimeOverride { target_deployment_version };
    let options = UpdateWorkflowOptions {
        workflow_execution_options: Some(WorkflowExecutionOptions {
            versioning_override: Some(VersioningOverride {
                r#override: Some(Override::OneTime(one_time)),
                ..Default::default()
            }),
            ..Default::default()
        }),
        update_mask: Some(FieldMask { paths: vec!["versioning_override".to_owned()] }),
    };
    Ok(vec![PostResetOperation { variant: Some(Variant::UpdateWorkflowOptions(options)) }])
}

/// The event that ended the first or the last workflow task; if none was completed, the event after the
/// first one's `WorkflowTaskScheduled`.
async fn task_end(client: &Client, target: &TargetArgs, to: ResetTo) -> Result<i64, CliError> {
    let (mut ends, mut scheduled) = (Vec::new(), None);
    let mut token = Vec::new();
    loop {
        let answer = client
            .call(pb::GetWorkflowExecutionHistoryRequest {
                namespace: target.scope.namespace(),
                execution: target.execution(),
                maximum_page_size: PAGE,
                next_page_token: token,
                ..Default::default()
            })
            .await?;
        for event in answer.history.unwrap_or_default().events {
            match event.event_type() {
                EventType::WorkflowTaskCompleted => ends.push(event.event_id),
                EventType::WorkflowTaskScheduled => {
                    scheduled.get_or_insert(event.event_id);
                }
                _ => {}
            }
        }
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    let end = match to {
        ResetTo::First => ends.first(),
        ResetTo::Last => ends.last(),
    };
    end.copied().or(scheduled.map(|it| it + 1)).ok_or_else(|| {
        CliError::failed("the workflow has had no workflow task: there is nothing to go back to")
    })
}
