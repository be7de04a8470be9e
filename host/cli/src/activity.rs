//! `refrain activity`: activities without a workflow, and what an operator does to those that a workflow
//! waits for.

use crate::client::{ScopeArgs, identity};
use crate::errors::CliError;
use crate::input::json_payload;
use crate::output::{self, Format};
use crate::units::Span;
use clap::{Args, Subcommand};
use refrain_wire::api::activity::v1::ActivityOptions;
use refrain_wire::api::common::v1::{Payloads, RetryPolicy, WorkflowExecution};
use refrain_wire::api::failure::v1::failure::FailureInfo;
use refrain_wire::api::failure::v1::{ApplicationFailureInfo, Failure};
use refrain_wire::api::taskqueue::v1::TaskQueue;
use refrain_wire::api::workflowservice::v1 as pb;
use refrain_wire::wkt::FieldMask;
use serde_json::json;

mod standalone;
mod worker;

#[derive(Debug, Subcommand)]
pub(crate) enum ActivityCommand {
    /// Work on activities in any language: each is a line of JSON on standard output, and is answered by
    /// one on standard input.
    ///
    /// A task: `{"task": 1, "type": "charge", "input": ["7", 4200], "workflowId": …, "activityId": …,
    /// "attempt": 1}`. Its answer: `{"task": 1, "result": …}`, or `{"task": 1, "failure": {"message": …,
    /// "type": …, "nonRetryable": true, "details": …}}`. Ends when standard input does.
    Worker(worker::WorkerArgs),
    /// Start an activity without a workflow.
    Start(Box<standalone::StartArgs>),
    /// Start an activity without a workflow and wait for its outcome.
    Execute(Box<standalone::StartArgs>),
    /// Wait for the outcome of an activity without a workflow.
    Result(standalone::TargetArgs),
    /// Show how an activity without a workflow is, or what became of it.
    Describe(standalone::TargetArgs),
    /// List activities without a workflow, newest first.
    List(standalone::ListArgs),
    /// Count activities without a workflow.
    Count(standalone::CountArgs),
    /// Ask an activity without a workflow to cancel.
    Cancel(standalone::EndArgs),
    /// End an activity without a workflow at once.
    Terminate(standalone::EndArgs),
    /// Delete an activity without a workflow; an open one is terminated.
    Delete(standalone::TargetArgs),
    /// Complete an activity with a result, from outside.
    Complete(CompleteArgs),
    /// Fail an activity's attempt, from outside; its retry policy says what comes of it.
    Fail(FailArgs),
    /// Hold an activity: no further attempt begins until it is unpaused.
    Pause(PauseArgs),
    /// Let a paused activity go on.
    Unpause(UnpauseArgs),
    /// Begin an activity's attempts anew.
    Reset(ResetArgs),
    /// Change an activity's timeouts, retry policy or task queue.
    UpdateOptions(Box<UpdateOptionsArgs>),
}

/// One activity of one workflow.
#[derive(Debug, Args)]
pub(crate) struct ActivityArgs {
    /// The activity's id.
    #[arg(long, short, value_name = "ID")]
    activity_id: String,
    /// The id of the workflow that waits for it. Default: none, it is an activity without a workflow.
    #[arg(long, short, value_name = "ID", default_value = "", hide_default_value = true)]
    workflow_id: String,
    /// One run of that, or of the activity. Default: the latest.
    #[arg(long, short, value_name = "UUID", default_value = "", hide_default_value = true)]
    run_id: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompleteArgs {
    #[command(flatten)]
    activity: ActivityArgs,
    /// The result, as JSON.
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    result: String,
}

#[derive(Debug, Args)]
pub(crate) struct FailArgs {
    #[command(flatten)]
    activity: ActivityArgs,
    /// Why: the failure's message.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
    /// More of it, as JSON.
    #[arg(long, value_name = "JSON", allow_negative_numbers = true)]
    detail: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct PauseArgs {
    #[command(flatten)]
    activity: ActivityArgs,
    /// Why; `workflow describe` shows it.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct UnpauseArgs {
    #[command(flatten)]
    activity: ActivityArgs,
    /// Count attempts from one again.
    #[arg(long)]
    reset_attempts: bool,
    /// Forget what the last heartbeat said.
    #[arg(long)]
    reset_heartbeats: bool,
    /// Go on at a moment within so long.
    #[arg(long, value_name = "DURATION")]
    jitter: Option<Span>,
}

#[derive(Debug, Args)]
pub(crate) struct ResetArgs {
    #[command(flatten)]
    activity: ActivityArgs,
    /// A paused one stays paused.
    #[arg(long)]
    keep_paused: bool,
    /// Forget what the last heartbeat said.
    #[arg(long, visible_alias = "clear-heartbeat-details")]
    reset_heartbeats: bool,
    /// Go back to the options that the workflow chose.
    #[arg(long)]
    restore_original_options: bool,
    /// Begin at a moment within so long.
    #[arg(long, value_name = "DURATION")]
    jitter: Option<Span>,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateOptionsArgs {
    #[command(flatten)]
    activity: ActivityArgs,
    /// The task queue of its next attempt.
    #[arg(long, value_name = "NAME")]
    task_queue: Option<String>,
    /// Time for all attempts together.
    #[arg(long, value_name = "DURATION")]
    schedule_to_close_timeout: Option<Span>,
    /// Time until a worker takes an attempt.
    #[arg(long, value_name = "DURATION")]
    schedule_to_start_timeout: Option<Span>,
    /// Time for one attempt.
    #[arg(long, value_name = "DURATION")]
    start_to_close_timeout: Option<Span>,
    /// Time between heartbeats.
    #[arg(long, value_name = "DURATION")]
    heartbeat_timeout: Option<Span>,
    /// Time before the second attempt.
    #[arg(long, value_name = "DURATION")]
    retry_initial_interval: Option<Span>,
    /// The most time between attempts.
    #[arg(long, value_name = "DURATION")]
    retry_maximum_interval: Option<Span>,
    /// How much longer each wait is than the one before.
    #[arg(long, value_name = "FACTOR")]
    retry_backoff_coefficient: Option<f64>,
    /// At most so many attempts; 0: as many as it takes.
    #[arg(long, value_name = "N")]
    retry_maximum_attempts: Option<i32>,
    /// Go back to the options that the workflow chose.
    #[arg(long)]
    restore_original_options: bool,
}

impl ActivityArgs {
    fn execution(&self) -> Option<WorkflowExecution> {
        let (workflow_id, run_id) = (self.workflow_id.clone(), self.run_id.clone());
        Some(WorkflowExecution { workflow_id, run_id })
    }

    fn done(&self, words: &str, format: Format) -> Result<(), CliError> {
        match format {
            Format::Text => {
                let (activity, workflow) = (&self.activity_id, &self.workflow_id);
                let (activity, workflow) = (output::clean(activity), output::clean(workflow));
                let of = if workflow.is_empty() { workflow } else { format!(" of {workflow}") };
                output::say(&format!("{words} activity `{activity}`{of}"));
                Ok(())
            }
            Format::Json => output::print_json(
                &json!({ "workflowId": self.workflow_id, "activityId": self.activity_id }),
            ),
        }
    }
}

pub(crate) async fn run(command: ActivityCommand, format: Format) -> Result<(), CliError> {
    match command {
        ActivityCommand::Worker(args) => worker::run(args).await,
        ActivityCommand::Start(args) => standalone::start(*args, format).await,
        ActivityCommand::Execute(args) => standalone::execute(*args, format).await,
        ActivityCommand::Result(args) => standalone::result(args, format).await,
        ActivityCommand::Describe(args) => standalone::describe(args, format).await,
        ActivityCommand::List(args) => standalone::list(args, format).await,
        ActivityCommand::Count(args) => standalone::count(args, format).await,
        ActivityCommand::Cancel(args) => standalone::cancel(args, format).await,
        ActivityCommand::Terminate(args) => standalone::terminate(args, format).await,
        ActivityCommand::Delete(args) => standalone::delete(args, format).await,
        ActivityCommand::Complete(args) => complete(args, format).await,
        ActivityCommand::Fail(args) => fail(args, format).await,
        ActivityCommand::Pause(args) => pause(args, format).await,
        ActivityCommand::Unpause(args) => unpause(args, format).await,
        ActivityCommand::Reset(args) => reset(args, format).await,
        ActivityCommand::UpdateOptions(args) => update_options(*args, format).await,
    }
}

async fn complete(args: CompleteArgs, format: Format) -> Result<(), CliError> {
    let CompleteArgs { activity, result } = args;
    let payloads = vec![json_payload(result.into_bytes(), "--result")?];
    let client = activity.scope.connect().await?;
    client
        .call(pb::RespondActivityTaskCompletedByIdRequest {
            namespace: activity.scope.namespace(),
            workflow_id: activity.workflow_id.clone(),
            run_id: activity.run_id.clone(),
            activity_id: activity.activity_id.clone(),
            result: Some(Payloads { payloads }),
            identity: identity(),
            ..Default::default()
        })
        .await?;
    activity.done("completed", format)
}

fn application_failure(message: String, info: ApplicationFailureInfo) -> Failure {
    Failure {
        message,
        source: "refrain-cli".to_owned(),
        failure_info: Some(FailureInfo::ApplicationFailureInfo(info)),
        ..Default::default()
    }
}

async fn fail(args: FailArgs, format: Format) -> Result<(), CliError> {
    let FailArgs { activity, reason, detail } = args;
    let details = match detail {
        None => None,
        Some(text) => {
            Some(Payloads { payloads: vec![json_payload(text.into_bytes(), "--detail")?] })
        }
    };
    let info = ApplicationFailureInfo { details, ..Default::default() };
    let client = activity.scope.connect().await?;
    client
        .call(pb::RespondActivityTaskFailedByIdRequest {
            namespace: activity.scope.namespace(),
            workflow_id: activity.workflow_id.clone(),
            run_id: activity.run_id.clone(),
            activity_id: activity.activity_id.clone(),
            failure: Some(application_failure(reason, info)),
            identity: identity(),
            ..Default::default()
        })
        .await?;
    activity.done("failed", format)
}

async fn pause(args: PauseArgs, format: Format) -> Result<(), CliError> {
    let PauseArgs { activity, reason } = args;
    let client = activity.scope.connect().await?;
    client
        .call(pb::PauseActivityRequest {
            namespace: activity.scope.namespace(),
            execution: activity.execution(),
            identity: identity(),
            activity: Some(pb::pause_activity_request::Activity::Id(activity.activity_id.clone())),
            reason,
            request_id: uuid::Uuid::new_v4().to_string(),
        })
        .await?;
    activity.done("paused", format)
}

async fn unpause(args: UnpauseArgs, format: Format) -> Result<(), CliError> {
    let UnpauseArgs { activity, reset_attempts, reset_heartbeats, jitter } = args;
    let client = activity.scope.connect().await?;
    let id = activity.activity_id.clone();
    client
        .call(pb::UnpauseActivityRequest {
            namespace: activity.scope.namespace(),
            execution: activity.execution(),
            identity: identity(),
            activity: Some(pb::unpause_activity_request::Activity::Id(id)),
            reset_attempts,
            reset_heartbeat: reset_heartbeats,
            jitter: jitter.map(Span::to_proto),
        })
        .await?;
    activity.done("unpaused", format)
}

async fn reset(args: ResetArgs, format: Format) -> Result<(), CliError> {
    let client = args.activity.scope.connect().await?;
    let id = args.activity.activity_id.clone();
    client
        .call(pb::ResetActivityRequest {
            namespace: args.activity.scope.namespace(),
            execution: args.activity.execution(),
            identity: identity(),
            activity: Some(pb::reset_activity_request::Activity::Id(id)),
            reset_heartbeat: args.reset_heartbeats,
            keep_paused: args.keep_paused,
            jitter: args.jitter.map(Span::to_proto),
            restore_original_options: args.restore_original_options,
        })
        .await?;
    args.activity.done("reset", format)
}

async fn update_options(args: UpdateOptionsArgs, format: Format) -> Result<(), CliError> {
    let (options, paths) = changes(&args);
    if paths.is_empty() && !args.restore_original_options {
        return Err(CliError::usage("nothing is to be changed")
            .hint("give at least one option, or `--restore-original-options`"));
    }
    let ActivityArgs { activity_id, scope, .. } = &args.activity;
    let client = scope.connect().await?;
    let answer = client
        .call(pb::UpdateActivityOptionsRequest {
            namespace: scope.namespace(),
            execution: args.activity.execution(),
            identity: identity(),
            activity_options: Some(options),
            update_mask: Some(FieldMask { paths }),
            activity: Some(pb::update_activity_options_request::Activity::Id(activity_id.clone())),
            restore_original: args.restore_original_options,
        })
        .await?;
    let options = answer.activity_options.unwrap_or_default();
    if format == Format::Json {
        let name = "temporal.api.activity.v1.ActivityOptions";
        return output::print_json(&output::json_of(name, &options)?);
    }
    let retry = options.retry_policy.unwrap_or_default();
    output::print(&output::fields(&[
        ("Task queue", options.task_queue.unwrap_or_default().name),
        ("Schedule to close", output::span(options.schedule_to_close_timeout.as_ref())),
        ("Schedule to start", output::span(options.schedule_to_start_timeout.as_ref())),
        ("Start to close", output::span(options.start_to_close_timeout.as_ref())),
        ("Heartbeat", output::span(options.heartbeat_timeout.as_ref())),
        ("Initial interval", output::span(retry.initial_interval.as_ref())),
        ("Maximum interval", output::span(retry.maximum_interval.as_ref())),
        ("Backoff coefficient", retry.backoff_coefficient.to_string()),
        ("Maximum attempts", retry.maximum_attempts.to_string()),
    ]))
}

/// What is given, and the names of that.
fn changes(args: &UpdateOptionsArgs) -> (ActivityOptions, Vec<String>) {
    let given = [
        ("task_queue.name", args.task_queue.is_some()),
        ("schedule_to_close_timeout", args.schedule_to_close_timeout.is_some()),
        ("schedule_to_start_timeout", args.schedule_to_start_timeout.is_some()),
        ("start_to_close_timeout", args.start_to_close_timeout.is_some()),
        ("heartbeat_timeout", args.heartbeat_timeout.is_some()),
        ("retry_policy.initial_interval", args.retry_initial_interval.is_some()),
        ("retry_policy.maximum_interval", args.retry_maximum_interval.is_some()),
        ("retry_policy.backoff_coefficient", args.retry_backoff_coefficient.is_some()),
        ("retry_policy.maximum_attempts", args.retry_maximum_attempts.is_some()),
    ];
    let paths = given.into_iter().filter(|(_, is)| *is).map(|(path, _)| path.to_owned()).collect();
    let options = ActivityOptions {
        task_queue: args.task_queue.clone().map(|name| TaskQueue { name, ..TaskQueue::default() }),
        schedule_to_close_timeout: args.schedule_to_close_timeout.map(Span::to_proto),
        schedule_to_start_timeout: args.schedule_to_start_timeout.map(Span::to_proto),
        start_to_close_timeout: args.start_to_close_timeout.map(Span::to_proto),
        heartbeat_timeout: args.heartbeat_timeout.map(Span::to_proto),
        retry_policy: Some(RetryPolicy {
            initial_interval: args.retry_initial_interval.map(Span::to_proto),
            maximum_interval: args.retry_maximum_interval.map(Span::to_proto),
            backoff_coefficient: args.retry_backoff_coefficient.unwrap_or_default(),
            maximum_attempts: args.retry_maximum_attempts.unwrap_or_default(),
            ..Default::default()
        }),
        ..Default::default()
    };
    (options, paths)
}
