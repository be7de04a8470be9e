//! `start` and `execute`.

use super::outcome::{print_outcome, wait_for_end};
use crate::client::{Client, ScopeArgs, identity};
use crate::errors::CliError;
use crate::input::{self, InputArgs};
use crate::output::{self, Format};
use crate::units::{KeyValue, Span};
use clap::{Args, ValueEnum};
use refrain_wire::api::common::v1::{
    Priority, TimeSkippingConfig, WorkflowExecution, WorkflowType,
};
use refrain_wire::api::enums::v1 as enums;
use refrain_wire::api::sdk::v1::UserMetadata;
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
    /// One line for people who look at the workflow.
    #[arg(long, value_name = "TEXT")]
    static_summary: Option<String>,
    /// More for people who look at the workflow, in Markdown.
    #[arg(long, value_name = "TEXT")]
    static_details: Option<String>,
    /// How urgent its tasks are: 1 is most urgent, 5 least. Default: 3.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(i32).range(1..=5))]
    priority_key: Option<i32>,
    /// Tasks of one key share what a task queue can take with those of other keys.
    #[arg(long, value_name = "KEY", default_value = "", hide_default_value = true)]
    fairness_key: String,
    /// The share of its fairness key, from 0.001 to 1000. Default: 1.
    #[arg(long, value_name = "WEIGHT")]
    fairness_weight: Option<f32>,
    /// A header of the workflow, as `key=JSON`. Repeat it for more.
    #[arg(long, value_name = "KEY=JSON")]
    headers: Vec<KeyValue>,
    /// Refuse if an open workflow has this id.
    #[arg(long, conflicts_with = "id_conflict_policy")]
    fail_existing: bool,
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

impl StartArgs {
    fn conflict_policy(&self) -> Option<ConflictPolicy> {
        if self.fail_existing { Some(ConflictPolicy::Fail) } else { self.id_conflict_policy }
    }

    fn user_metadata(&self) -> Option<UserMetadata> {
        let text = |it: &Option<String>| it.as_deref().map(input::text_payload);
        let (summary, details) = (text(&self.static_summary), text(&self.static_details));
        let is_given = summary.is_some() || details.is_some();
        is_given.then_some(UserMetadata { summary, details })
    }

    /// Nothing if nothing is said of it.
    fn priority(&self) -> Option<Priority> {
        let it = Priority {
            priority_key: self.priority_key.unwrap_or_default(),
            fairness_key: self.fairness_key.clone(),
            fairness_weight: self.fairness_weight.unwrap_or_default(),
        };
        (it != Priority::default()).then_some(it)
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
        workflow_id_conflict_policy: args.conflict_policy().map_or(0, |it| it.to_proto() as i32),
        workflow_start_delay: args.start_delay.map(Span::to_proto),
        cron_schedule: args.cron.clone().unwrap_or_default(),
        memo: input::memo(&args.memo)?,
        header: input::header(&args.headers)?,
        user_metadata: args.user_metadata(),
        priority: args.priority(),
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
