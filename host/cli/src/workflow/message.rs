//! `signal`, `query`, `cancel` and `terminate`: what is said to a workflow.

use super::TargetArgs;
use super::list::status_name;
use crate::client::identity;
use crate::errors::CliError;
use crate::input::InputArgs;
use crate::output::{self, Format};
use clap::Args;
use refrain_wire::api::query::v1::WorkflowQuery;
use refrain_wire::api::workflowservice::v1 as pb;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub(crate) struct SignalArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The signal's name.
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    input: InputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct QueryArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The query's name.
    #[arg(long, visible_alias = "type", value_name = "NAME")]
    name: String,
    #[command(flatten)]
    input: InputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EndArgs {
    #[command(flatten)]
    pub(super) target: TargetArgs,
    /// Why; it is kept in the history.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(super) reason: String,
}

/// What there is to say when nothing comes back.
pub(super) fn done(words: &str, target: &TargetArgs, format: Format) -> Result<(), CliError> {
    match format {
        Format::Text => {
            output::say(&format!("{words} {}", output::clean(&target.workflow_id)));
            Ok(())
        }
        Format::Json => output::print_json(&json!({ "workflowId": target.workflow_id })),
    }
}

pub(super) async fn signal(args: SignalArgs, format: Format) -> Result<(), CliError> {
    let input = args.input.payloads()?;
    let client = args.target.scope.connect().await?;
    client
        .call(pb::SignalWorkflowExecutionRequest {
            namespace: args.target.scope.namespace(),
            workflow_execution: args.target.execution(),
            signal_name: args.name.clone(),
            input,
            identity: identity(),
            request_id: uuid::Uuid::new_v4().to_string(),
            ..Default::default()
        })
        .await?;
    done(&format!("signal `{}` sent to", output::clean(&args.name)), &args.target, format)
}

pub(super) async fn query(args: QueryArgs, format: Format) -> Result<(), CliError> {
    let query_args = args.input.payloads()?;
    let client = args.target.scope.connect().await?;
    let answer = client
        .call(pb::QueryWorkflowRequest {
            namespace: args.target.scope.namespace(),
            execution: args.target.execution(),
            query: Some(WorkflowQuery {
                query_type: args.name.clone(),
                query_args,
                ..WorkflowQuery::default()
            }),
            ..Default::default()
        })
        .await?;
    if let Some(rejected) = answer.query_rejected {
        return Err(CliError::failed(format!(
            "the query was refused: the workflow is {}",
            status_name(rejected.status)
        )));
    }
    let result = output::payloads(answer.query_result.as_ref());
    match format {
        Format::Json => {
            let list: Vec<Value> = result.iter().map(output::payload_json).collect();
            output::print_json(&json!({ "queryResult": list }))
        }
        Format::Text => {
            let lines: Vec<String> =
                result.iter().map(|it| output::clean(&output::payload(it))).collect();
            output::print(&if lines.is_empty() { "null".to_owned() } else { lines.join("\n") })
        }
    }
}

pub(super) async fn cancel(args: EndArgs, format: Format) -> Result<(), CliError> {
    let client = args.target.scope.connect().await?;
    client
        .call(pb::RequestCancelWorkflowExecutionRequest {
            namespace: args.target.scope.namespace(),
            workflow_execution: args.target.execution(),
            identity: identity(),
            request_id: uuid::Uuid::new_v4().to_string(),
            reason: args.reason.clone(),
            ..Default::default()
        })
        .await?;
    done("cancellation requested of", &args.target, format)
}

pub(super) async fn terminate(args: EndArgs, format: Format) -> Result<(), CliError> {
    let client = args.target.scope.connect().await?;
    client
        .call(pb::TerminateWorkflowExecutionRequest {
            namespace: args.target.scope.namespace(),
            workflow_execution: args.target.execution(),
            reason: args.reason.clone(),
            identity: identity(),
            ..Default::default()
        })
        .await?;
    done("terminated", &args.target, format)
}
