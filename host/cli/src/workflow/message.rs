//! `signal`, `query`, `cancel` and `terminate`: what is said to a workflow.

use super::TargetArgs;
use super::list::status_name;
use super::many::{ManyArgs, Meant};
use crate::client::identity;
use crate::errors::CliError;
use crate::input::InputArgs;
use crate::output::{self, Format};
use clap::Args;
use refrain_wire::api::batch::v1::{
    BatchOperationCancellation, BatchOperationSignal, BatchOperationTermination,
};
use refrain_wire::api::query::v1::WorkflowQuery;
use refrain_wire::api::workflowservice::v1 as pb;
use refrain_wire::api::workflowservice::v1::start_batch_operation_request::Operation;
use serde_json::{Value, json};

#[derive(Debug, Args)]
pub(crate) struct SignalArgs {
    #[command(flatten)]
    targets: ManyArgs,
    /// The signal's name.
    #[arg(long, value_name = "NAME")]
    name: String,
    #[command(flatten)]
    input: InputArgs,
    /// Why there is a batch of them.
    #[arg(
        long,
        value_name = "TEXT",
        default_value = "",
        hide_default_value = true,
        requires = "query"
    )]
    reason: String,
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

#[derive(Debug, Args)]
pub(crate) struct EndManyArgs {
    #[command(flatten)]
    pub(super) targets: ManyArgs,
    /// Why; it is kept in the history, or with the batch.
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
    let SignalArgs { targets, name, input, reason } = args;
    let input = input.payloads()?;
    let target = match targets.meant() {
        Meant::One(target) => target,
        Meant::Many(batch) => {
            let signal =
                BatchOperationSignal { signal: name, input, header: None, identity: identity() };
            return batch.start(Operation::SignalOperation(signal), reason, format).await;
        }
    };
    let client = target.scope.connect().await?;
    client
        .call(pb::SignalWorkflowExecutionRequest {
            namespace: target.scope.namespace(),
            workflow_execution: target.execution(),
            signal_name: name.clone(),
            input,
            identity: identity(),
            request_id: uuid::Uuid::new_v4().to_string(),
            ..Default::default()
        })
        .await?;
    done(&format!("signal `{}` sent to", output::clean(&name)), &target, format)
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

pub(super) async fn cancel(args: EndManyArgs, format: Format) -> Result<(), CliError> {
    let EndManyArgs { targets, reason } = args;
    let target = match targets.meant() {
        Meant::One(target) => target,
        Meant::Many(batch) => {
            let cancel = BatchOperationCancellation { identity: identity() };
            return batch.start(Operation::CancellationOperation(cancel), reason, format).await;
        }
    };
    let client = target.scope.connect().await?;
    client
        .call(pb::RequestCancelWorkflowExecutionRequest {
            namespace: target.scope.namespace(),
            workflow_execution: target.execution(),
            identity: identity(),
            request_id: uuid::Uuid::new_v4().to_string(),
            reason,
            ..Default::default()
        })
        .await?;
    done("cancellation requested of", &target, format)
}

pub(super) async fn terminate(args: EndManyArgs, format: Format) -> Result<(), CliError> {
    let EndManyArgs { targets, reason } = args;
    let target = match targets.meant() {
        Meant::One(target) => target,
        Meant::Many(batch) => {
            let terminate = BatchOperationTermination { details: None, identity: identity() };
            return batch.start(Operation::TerminationOperation(terminate), reason, format).await;
        }
    };
    let client = target.scope.connect().await?;
    client
        .call(pb::TerminateWorkflowExecutionRequest {
            namespace: target.scope.namespace(),
            workflow_execution: target.execution(),
            reason,
            identity: identity(),
            ..Default::default()
        })
        .await?;
    done("terminated", &target, format)
}
