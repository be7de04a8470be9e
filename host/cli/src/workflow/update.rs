//! `update`: what changes a workflow and answers.

use super::TargetArgs;
use crate::client::{Client, identity};
use crate::errors::CliError;
use crate::history::failure_lines;
use crate::input::InputArgs;
use crate::output::{self, Format};
use clap::{Args, Subcommand, ValueEnum};
use refrain_wire::api::common::v1::WorkflowExecution;
use refrain_wire::api::enums::v1::UpdateWorkflowExecutionLifecycleStage as Stage;
use refrain_wire::api::update::v1::{
    Input, Meta, Outcome, Request, UpdateRef, WaitPolicy, outcome,
};
use refrain_wire::api::workflowservice::v1 as pb;
use serde_json::json;

#[derive(Debug, Subcommand)]
pub(crate) enum UpdateCommand {
    /// Send an update and wait until it is accepted or rejected.
    Start(UpdateStartArgs),
    /// Send an update, wait for its end and print its result.
    Execute(UpdateArgs),
    /// Wait for an update's end and print its result.
    Result(UpdateRefArgs),
    /// Show how far an update is.
    Describe(UpdateRefArgs),
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The update's name.
    #[arg(long, visible_alias = "type", value_name = "NAME")]
    name: String,
    /// The update's id; a second one with the same id is the same update. Default: a new UUID.
    #[arg(long, value_name = "ID")]
    update_id: Option<String>,
    /// Only if this run began the workflow's chain of runs.
    #[arg(long, value_name = "UUID", default_value = "", hide_default_value = true)]
    first_execution_run_id: String,
    #[command(flatten)]
    input: InputArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateStartArgs {
    #[command(flatten)]
    update: UpdateArgs,
    /// What to wait for.
    #[arg(long, value_enum, value_name = "STAGE", default_value = "accepted")]
    wait_for_stage: WaitFor,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WaitFor {
    Accepted,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateRefArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// The update's id.
    #[arg(long, value_name = "ID")]
    update_id: String,
}

pub(super) async fn run(command: UpdateCommand, format: Format) -> Result<(), CliError> {
    match command {
        UpdateCommand::Start(args) => {
            let WaitFor::Accepted = args.wait_for_stage;
            send(args.update, Stage::Accepted, format).await
        }
        UpdateCommand::Execute(args) => send(args, Stage::Completed, format).await,
        UpdateCommand::Result(args) => ask(args, Stage::Completed, format).await,
        UpdateCommand::Describe(args) => ask(args, Stage::Unspecified, format).await,
    }
}

/// An update as it stands.
struct Seen {
    update_id: String,
    /// Empty if it is not said.
    name: String,
    run_id: String,
    stage: Stage,
    outcome: Option<outcome::Value>,
}

async fn send(args: UpdateArgs, until: Stage, format: Format) -> Result<(), CliError> {
    let update_id = args.update_id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let input = args.input.payloads()?;
    let client = args.target.scope.connect().await?;
    let request = pb::UpdateWorkflowExecutionRequest {
        namespace: args.target.scope.namespace(),
        workflow_execution: args.target.execution(),
        first_execution_run_id: args.first_execution_run_id.clone(),
        wait_policy: Some(WaitPolicy { lifecycle_stage: until as i32 }),
        request: Some(Request {
            meta: Some(Meta { update_id: update_id.clone(), identity: identity() }),
            input: Some(Input { header: None, name: args.name.clone(), args: input }),
            ..Default::default()
        }),
    };
    // The server answers after a while, also if it is not so far; the id makes it the same update.
    let seen = loop {
        let answer = client.call(request.clone()).await?;
        let stage = answer.stage();
        let run_id = run_of(answer.update_ref);
        let outcome = answer.outcome.and_then(|it| it.value);
        if stage >= until || outcome.is_some() {
            break Seen { update_id, name: args.name.clone(), run_id, stage, outcome };
        }
    };
    print(&args.target, &seen, format)
}

async fn ask(args: UpdateRefArgs, until: Stage, format: Format) -> Result<(), CliError> {
    let client = args.target.scope.connect().await?;
    let seen = poll(&client, &args, until).await?;
    print(&args.target, &seen, format)
}

async fn poll(client: &Client, args: &UpdateRefArgs, until: Stage) -> Result<Seen, CliError> {
    let request = pb::PollWorkflowExecutionUpdateRequest {
        namespace: args.target.scope.namespace(),
        update_ref: Some(UpdateRef {
            workflow_execution: args.target.execution(),
            update_id: args.update_id.clone(),
        }),
        identity: identity(),
        wait_policy: Some(WaitPolicy { lifecycle_stage: until as i32 }),
    };
    loop {
        let answer = client.call(request.clone()).await?;
        let stage = answer.stage();
        let run_id = run_of(answer.update_ref);
        let outcome = answer.outcome.and_then(|Outcome { value }| value);
        if stage >= until || outcome.is_some() {
            let (update_id, name) = (args.update_id.clone(), String::new());
            return Ok(Seen { update_id, name, run_id, stage, outcome });
        }
    }
}

fn run_of(update: Option<UpdateRef>) -> String {
    let execution: Option<WorkflowExecution> = update.and_then(|it| it.workflow_execution);
    execution.map(|it| it.run_id).unwrap_or_default()
}

fn print(target: &TargetArgs, seen: &Seen, format: Format) -> Result<(), CliError> {
    let prefix = "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_";
    let stage = output::camel(seen.stage.as_str_name(), prefix);
    let result = match &seen.outcome {
        Some(outcome::Value::Success(it)) => Some(output::payloads(Some(it))),
        Some(outcome::Value::Failure(_)) | None => None,
    };
    match format {
        Format::Json => {
            let mut value = json!({
                "workflowId": target.workflow_id,
                "runId": seen.run_id,
                "updateId": seen.update_id,
                "stage": seen.stage.as_str_name(),
            });
            if !seen.name.is_empty() {
                value["name"] = json!(seen.name);
            }
            if let Some(result) = &result {
                value["result"] = output::result_json(result);
            }
            if let Some(outcome::Value::Failure(failure)) = &seen.outcome {
                value["failure"] = output::json_of("temporal.api.failure.v1.Failure", failure)?;
            }
            output::print_json(&value)?;
        }
        Format::Text => output::print(&output::fields(&[
            ("Workflow id", target.workflow_id.clone()),
            ("Run id", seen.run_id.clone()),
            ("Update id", seen.update_id.clone()),
            ("Name", seen.name.clone()),
            ("Stage", stage),
            ("Result", result.map_or_else(String::new, |it| words(&it))),
        ]))?,
    }
    match &seen.outcome {
        Some(outcome::Value::Failure(failure)) => {
            let lines = failure_lines(Some(failure));
            let update_id = output::clean(&seen.update_id);
            Err(CliError::failed(format!("update `{update_id}` failed: {}", lines.join("\n"))))
        }
        Some(outcome::Value::Success(_)) | None => Ok(()),
    }
}

fn words(result: &[refrain_wire::api::common::v1::Payload]) -> String {
    match result {
        [] => "null".to_owned(),
        many => many.iter().map(output::payload).collect::<Vec<_>>().join(", "),
    }
}
