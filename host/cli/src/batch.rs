//! `refrain batch`: what is done to many workflows at once.

use crate::client::{ScopeArgs, identity};
use crate::errors::CliError;
use crate::output::{self, Format};
use clap::{Args, Subcommand};
use refrain_wire::api::batch::v1::BatchOperationInfo;
use refrain_wire::api::workflowservice::v1 as pb;
use serde_json::{Value, json};

const PAGE: i32 = 100;

#[derive(Debug, Subcommand)]
pub(crate) enum BatchCommand {
    /// List batches.
    List(ListArgs),
    /// Show how far a batch is.
    Describe(JobArgs),
    /// Stop a batch; what it has done stays.
    Terminate(TerminateArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct JobArgs {
    /// The batch's id.
    #[arg(long, value_name = "ID")]
    job_id: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct TerminateArgs {
    #[command(flatten)]
    job: JobArgs,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

pub(crate) async fn run(command: BatchCommand, format: Format) -> Result<(), CliError> {
    match command {
        BatchCommand::List(args) => list(args, format).await,
        BatchCommand::Describe(args) => describe(args, format).await,
        BatchCommand::Terminate(args) => terminate(args, format).await,
    }
}

async fn list(args: ListArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let (mut found, mut token) = (Vec::new(), Vec::new());
    while found.len() < args.limit {
        let request = pb::ListBatchOperationsRequest {
            namespace: args.scope.namespace(),
            page_size: PAGE,
            next_page_token: token,
        };
        let answer = client.call(request).await?;
        found.extend(answer.operation_info);
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    found.truncate(args.limit);
    match format {
        Format::Json => {
            let of = |it| output::json_of("temporal.api.batch.v1.BatchOperationInfo", it);
            let list: Vec<Value> = found.iter().map(of).collect::<Result<_, _>>()?;
            output::print_json(&Value::from(list))
        }
        Format::Text if found.is_empty() => {
            output::say("no batches");
            Ok(())
        }
        Format::Text => {
            let row = |it: &BatchOperationInfo| {
                vec![
                    it.job_id.clone(),
                    output::camel(it.operation_type().as_str_name(), "BATCH_OPERATION_TYPE_"),
                    output::camel(it.state().as_str_name(), "BATCH_OPERATION_STATE_"),
                    output::time(it.start_time.as_ref()),
                    output::time(it.close_time.as_ref()),
                ]
            };
            let rows: Vec<Vec<String>> = found.iter().map(row).collect();
            let headings = ["JOB ID", "OPERATION", "STATE", "STARTED (UTC)", "CLOSED (UTC)"];
            output::print(&output::table(&headings, &rows))
        }
    }
}

async fn describe(args: JobArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let namespace = args.scope.namespace();
    let request = pb::DescribeBatchOperationRequest { namespace, job_id: args.job_id };
    let answer = client.call(request).await?;
    if format == Format::Json {
        let name = "temporal.api.workflowservice.v1.DescribeBatchOperationResponse";
        return output::print_json(&output::json_of(name, &answer)?);
    }
    output::print(&output::fields(&[
        ("Job id", answer.job_id.clone()),
        (
            "Operation",
            output::camel(answer.operation_type().as_str_name(), "BATCH_OPERATION_TYPE_"),
        ),
        ("State", output::camel(answer.state().as_str_name(), "BATCH_OPERATION_STATE_")),
        ("Reason", answer.reason.clone()),
        ("By", answer.identity.clone()),
        ("Filter", answer.query.clone()),
        ("Started (UTC)", output::time(answer.start_time.as_ref())),
        ("Closed (UTC)", output::time(answer.close_time.as_ref())),
        ("Workflows", answer.total_operation_count.to_string()),
        ("Done", answer.complete_operation_count.to_string()),
        ("Failed", answer.failure_operation_count.to_string()),
    ]))
}

async fn terminate(args: TerminateArgs, format: Format) -> Result<(), CliError> {
    let TerminateArgs { job: JobArgs { job_id, scope }, reason } = args;
    let client = scope.connect().await?;
    client
        .call(pb::StopBatchOperationRequest {
            namespace: scope.namespace(),
            job_id: job_id.clone(),
            reason,
            identity: identity(),
        })
        .await?;
    match format {
        Format::Text => {
            output::say(&format!("stopped batch `{}`", output::clean(&job_id)));
            Ok(())
        }
        Format::Json => output::print_json(&json!({ "batchJobId": job_id })),
    }
}
