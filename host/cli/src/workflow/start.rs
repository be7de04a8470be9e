//! `start` and `execute`.

use super::outcome::{print_outcome, wait_for_end};
use crate::client::{Client, ScopeArgs, identity};
use crate::errors::CliError;
use crate::input::{self, InputArgs};
use crate::output::{self, Format};
use crate::units::{KeyValue, Span};
use clap::{Args, ValueEnum};
use refrain_wire::api::common::v1::{TimeSkippingConfig, WorkflowExecution, WorkflowType};
use refrain_wire::api::enums::v1 as enums;
use refrain_wire::api::taskqueue::v1::TaskQueue;
use refrain_wire::api::workflowservice::v1 as pb;
use serde_json::json;

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// The workflow type: its name in the component.
    #[arg(long = "type", value_name = "NAME")]
    workflow_type: String,
    /// The task queue that the component is deployed to.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    /// The workflow's id. Default: a new UUID.
    #[arg(long, short, value_name = "ID")]
    workflow_id: Option<String>,
    #[command(flatten)]
    input: InputArgs,
    /// Time for the workflow with all its retries and continuations.
    #[arg(long, value_name = "DURATION")]
    execution_timeout: Option<Span>,
    /// Time for one run.
    #[arg(long, value_name = "DURATION")]
    run_timeout: Option<Span>,
    /// Time for one workflow task.
    #[arg(long, value_name = "DURATION")]
    task_timeout: Option<Span>,
    /// If a closed workflow has this id.
    #[arg(long, value_enum, ignore_case = true, value_name = "POLICY")]
    id_reuse_policy: Option<ReusePolicy>,
    /// If an open workflow has this id.
    #[arg(long, value_enum, ignore_case = true, value_name = "POLICY")]
    id_conflict_policy: Option<ConflictPolicy>,
    /// Wait before the workflow begins to run.
    #[arg(long, value_name = "DURATION")]
    start_delay: Option<Span>,
    /// Begin a new run at the times of a cron string, like `0 12 * * MON-FRI` or `@every 5m`.
    #[arg(long, value_name = "CRON", conflicts_with = "start_delay")]
    cron: Option<String>,
    /// Skip time whenever the workflow waits for nothing but time: its clock jumps to what is due next, and so do its
    /// children's.
    #[arg(long)]
    time_skipping: bool,
    /// A note kept with the workflow, as `key=JSON`. Repeat it for more.
    #[arg(long, value_name = "KEY=JSON")]
    memo: Vec<KeyValue>,
    /// A search attribute, as `key=JSON`. Repeat it for more.
    #[arg(long, value_name = "KEY=JSON")]
    search_attribute: Vec<KeyValue>,
    #[command(flatten)]
    pub(super) scope: ScopeArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum ReusePolicy {
    /// Start a new one.
    AllowDuplicate,
    /// Start a new one if the old one did not complete.
    AllowDuplicateFailedOnly,
    /// Refuse.
    RejectDuplicate,
    /// Start a new one; an open one is terminated.
    TerminateIfRunning,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "PascalCase")]
enum ConflictPolicy {
    /// Refuse.
    Fail,
    /// Take the open one.
    UseExisting,
    /// Terminate the open one and start anew.
    TerminateExisting,
}

impl ReusePolicy {
    #[allow(deprecated, reason = "Temporal's tools still offer `TerminateIfRunning`")]
    fn to_proto(self) -> enums::WorkflowIdReusePolicy {
        match self {
            ReusePolicy::AllowDuplicate => enums::WorkflowIdReusePolicy::AllowDuplicate,
            ReusePolicy::AllowDuplicateFailedOnly => {
                enums::WorkflowIdReusePolicy::AllowDuplicateFailedOnly
            }
            ReusePolicy::RejectDuplicate => enums::WorkflowIdReusePolicy::RejectDuplicate,
            ReusePolicy::TerminateIfRunning => enums::WorkflowIdReusePolicy::TerminateIfRunning,
        }
    }
}

impl ConflictPolicy {
    fn to_proto(self) -> enums::WorkflowIdConflictPolicy {
        match self {
            ConflictPolicy::Fail => enums::WorkflowIdConflictPolicy::Fail,
            ConflictPolicy::UseExisting => enums::WorkflowIdConflictPolicy::UseExisting,
            ConflictPolicy::TerminateExisting => enums::WorkflowIdConflictPolicy::TerminateExisting,
        }
    }
}

pub(super) struct Started {
    pub(super) workflow_id: String,
    pub(super) run_id: String,
    pub(super) started: bool,
}

pub(super) fn start_request(
    args: &StartArgs,
) -> Result<pb::StartWorkflowExecutionRequest, CliError> {
    Ok(pb::StartWorkflowExecutionRequest {
        namespace: args.scope.namespace(),
        workflow_id: args.workflow_id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string()),
        workflow_type: Some(WorkflowType { name: args.workflow_type.clone() }),
        task_queue: Some(TaskQueue { name: args.task_queue.clone(), ..TaskQueue::default() }),
        input: args.input.payloads()?,
        workflow_execution_timeout: args.execution_timeout.map(Span::to_proto),
        workflow_run_timeout: args.run_timeout.map(Span::to_proto),
        workflow_task_timeout: args.task_timeout.map(Span::to_proto),
        identity: identity(),
        request_id: uuid::Uuid::new_v4().to_string(),
        workflow_id_reuse_policy: args.id_reuse_policy.map_or(0, |it| it.to_proto() as i32),
        workflow_id_conflict_policy: args.id_conflict_policy.map_or(0, |it| it.to_proto() as i32),
        workflow_start_delay: args.start_delay.map(Span::to_proto),
        cron_schedule: args.cron.clone().unwrap_or_default(),
        memo: input::memo(&args.memo)?,
        search_attributes: input::search_attributes(&args.search_attribute)?,
        time_skipping_config: args
            .time_skipping
            .then(|| TimeSkippingConfig { enabled: true, ..TimeSkippingConfig::default() }),
        ..pb::StartWorkflowExecutionRequest::default()
    })
}

async fn begin(args: &StartArgs) -> Result<(Client, Started), CliError> {
    let request = start_request(args)?;
    let workflow_id = request.workflow_id.clone();
    let client = args.scope.connect().await?;
    let answer = client.call(request).await?;
    Ok((client, Started { workflow_id, run_id: answer.run_id, started: answer.started }))
}

pub(super) async fn start(args: StartArgs, format: Format) -> Result<(), CliError> {
    let (_, started) = begin(&args).await?;
    print_started(&args, started, format)
}

pub(super) fn print_started(
    args: &StartArgs,
    started: Started,
    format: Format,
) -> Result<(), CliError> {
    match format {
        Format::Json => output::print_json(&json!({
            "workflowId": started.workflow_id,
            "runId": started.run_id,
            "type": args.workflow_type,
            "namespace": args.scope.namespace(),
            "taskQueue": args.task_queue,
            "started": started.started,
        })),
        Format::Text => {
            if !started.started {
                output::say("it was open already: this is the run that is there");
            }
            output::print(&output::fields(&[
                ("Workflow id", started.workflow_id),
                ("Run id", started.run_id),
                ("Type", args.workflow_type.clone()),
                ("Namespace", args.scope.namespace()),
                ("Task queue", args.task_queue.clone()),
            ]))
        }
    }
}

pub(super) async fn execute(args: StartArgs, format: Format) -> Result<(), CliError> {
    let (client, started) = begin(&args).await?;
    if format == Format::Text {
        output::say(&format!(
            "running {} (run {})",
            output::clean(&started.workflow_id),
            started.run_id
        ));
    }
    let execution = WorkflowExecution {
        workflow_id: started.workflow_id.clone(),
        run_id: started.run_id.clone(),
    };
    let outcome = wait_for_end(&client, &args.scope.namespace(), execution).await?;
    print_outcome(&started.workflow_id, &outcome, format)
}
