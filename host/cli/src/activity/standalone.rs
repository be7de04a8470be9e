//! Activities without a workflow: their start, what is asked of them, what became of them.

use crate::client::{Client, ScopeArgs, identity};
use crate::errors::CliError;
use crate::history::failure_lines;
use crate::input::{self, InputArgs};
use crate::output::{self, Format};
use crate::units::{KeyValue, Span};
use clap::Args;
use refrain_wire::api::activity::v1::ActivityExecutionOutcome;
use refrain_wire::api::activity::v1::activity_execution_outcome::Value as Outcome;
use refrain_wire::api::common::v1::ActivityType;
use refrain_wire::api::enums::v1::ActivityExecutionStatus;
use refrain_wire::api::taskqueue::v1::TaskQueue;
use refrain_wire::api::workflowservice::v1 as pb;
use serde_json::{Value, json};

const PAGE: i32 = 1000;
const DESCRIBED: &str = "temporal.api.workflowservice.v1.DescribeActivityExecutionResponse";
const LISTED: &str = "temporal.api.activity.v1.ActivityExecutionListInfo";
const COUNTED: &str = "temporal.api.workflowservice.v1.CountActivityExecutionsResponse";
const OUTCOME: &str = "temporal.api.activity.v1.ActivityExecutionOutcome";

#[derive(Debug, Args)]
pub(crate) struct StartArgs {
    /// The activity type: its name at the worker.
    #[arg(long = "type", value_name = "NAME")]
    activity_type: String,
    /// The task queue that a worker, or a component of activities, serves.
    #[arg(long, short, value_name = "NAME")]
    task_queue: String,
    /// The activity's id. Default: a new UUID.
    #[arg(long, short, value_name = "ID")]
    activity_id: Option<String>,
    #[command(flatten)]
    input: InputArgs,
    /// Time for one attempt. This or `--schedule-to-close-timeout` must be given.
    #[arg(long, value_name = "DURATION", required_unless_present = "schedule_to_close_timeout")]
    start_to_close_timeout: Option<Span>,
    /// Time for all attempts together.
    #[arg(long, value_name = "DURATION")]
    schedule_to_close_timeout: Option<Span>,
    /// Time until a worker takes an attempt.
    #[arg(long, value_name = "DURATION")]
    schedule_to_start_timeout: Option<Span>,
    /// Time between heartbeats.
    #[arg(long, value_name = "DURATION")]
    heartbeat_timeout: Option<Span>,
    /// Wait before the first attempt.
    #[arg(long, value_name = "DURATION")]
    start_delay: Option<Span>,
    /// A search attribute, as `key=JSON`. Repeat it for more.
    #[arg(long, value_name = "KEY=JSON")]
    search_attribute: Vec<KeyValue>,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// One activity without a workflow.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// The activity's id.
    #[arg(long, short, value_name = "ID")]
    activity_id: String,
    /// One run of it. Default: the latest.
    #[arg(long, short, value_name = "UUID", default_value = "", hide_default_value = true)]
    run_id: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct EndArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Why.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// A filter, e.g. `ActivityType="charge" AND ExecutionStatus="Running"`.
    #[arg(long, short, value_name = "FILTER", default_value = "", hide_default_value = true)]
    query: String,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 1000)]
    limit: usize,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CountArgs {
    /// A filter, e.g. `ExecutionStatus="Running"`.
    #[arg(long, short, value_name = "FILTER", default_value = "", hide_default_value = true)]
    query: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

async fn begin(args: &StartArgs) -> Result<(Client, String, String), CliError> {
    let id = args.activity_id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let request = pb::StartActivityExecutionRequest {
        namespace: args.scope.namespace(),
        identity: identity(),
        request_id: uuid::Uuid::new_v4().to_string(),
        activity_id: id.clone(),
        activity_type: Some(ActivityType { name: args.activity_type.clone() }),
        task_queue: Some(TaskQueue { name: args.task_queue.clone(), ..TaskQueue::default() }),
        schedule_to_close_timeout: args.schedule_to_close_timeout.map(Span::to_proto),
        schedule_to_start_timeout: args.schedule_to_start_timeout.map(Span::to_proto),
        start_to_close_timeout: args.start_to_close_timeout.map(Span::to_proto),
        heartbeat_timeout: args.heartbeat_timeout.map(Span::to_proto),
        start_delay: args.start_delay.map(Span::to_proto),
        input: args.input.payloads()?,
        search_attributes: input::search_attributes(&args.search_attribute)?,
        ..Default::default()
    };
    let client = args.scope.connect().await?;
    let run_id = client.call(request).await?.run_id;
    Ok((client, id, run_id))
}

pub(super) async fn start(args: StartArgs, format: Format) -> Result<(), CliError> {
    let (_, activity_id, run_id) = begin(&args).await?;
    let (kind, namespace) = (args.activity_type, args.scope.namespace());
    match format {
        Format::Json => output::print_json(&json!({
            "activityId": activity_id,
            "runId": run_id,
            "type": kind,
            "namespace": namespace,
            "taskQueue": args.task_queue,
        })),
        Format::Text => output::print(&output::fields(&[
            ("Activity id", activity_id),
            ("Run id", run_id),
            ("Type", kind),
            ("Namespace", namespace),
            ("Task queue", args.task_queue),
        ])),
    }
}

pub(super) async fn execute(args: StartArgs, format: Format) -> Result<(), CliError> {
    let (client, activity_id, run_id) = begin(&args).await?;
    print_outcome(&client, args.scope.namespace(), activity_id, run_id, format).await
}

pub(super) async fn result(args: TargetArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let namespace = args.scope.namespace();
    print_outcome(&client, namespace, args.activity_id, args.run_id, format).await
}

/// Waits for it.
async fn print_outcome(
    client: &Client,
    namespace: String,
    activity_id: String,
    run_id: String,
    format: Format,
) -> Result<(), CliError> {
    let mut request = pb::PollActivityExecutionRequest { namespace, activity_id, run_id };
    let outcome = loop {
        let answer = client.call(request.clone()).await?;
        // The one that is meant now: another may begin while we wait for it.
        request.run_id = answer.run_id;
        if let Some(outcome) = answer.outcome {
            break outcome;
        }
    };
    let failed = match &outcome.value {
        Some(Outcome::Failure(failure)) => Some(failure.clone()),
        Some(Outcome::Result(_)) | None => None,
    };
    match (format, &failed) {
        (Format::Json, _) => output::print_json(&output::json_of(OUTCOME, &outcome)?)?,
        (Format::Text, None) => output::print(&result_words(&outcome))?,
        (Format::Text, Some(_)) => {}
    }
    match failed {
        None => Ok(()),
        Some(failure) => Err(CliError::failed(failure_lines(Some(&failure)).join("\n"))),
    }
}

fn result_words(outcome: &ActivityExecutionOutcome) -> String {
    match &outcome.value {
        Some(Outcome::Result(list)) => output::payload_list(Some(list)),
        Some(Outcome::Failure(failure)) => failure_lines(Some(failure)).join("\n"),
        None => String::new(),
    }
}

pub(super) async fn describe(args: TargetArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let request = pb::DescribeActivityExecutionRequest {
        namespace: args.scope.namespace(),
        activity_id: args.activity_id,
        run_id: args.run_id,
        include_input: true,
        include_outcome: true,
        include_heartbeat_details: true,
        include_last_failure: true,
        ..Default::default()
    };
    let answer = client.call(request).await?;
    if format == Format::Json {
        return output::print_json(&output::json_of(DESCRIBED, &answer)?);
    }
    let info = answer.info.unwrap_or_default();
    let state = match info.status() {
        ActivityExecutionStatus::Running => {
            output::camel(info.run_state().as_str_name(), "PENDING_ACTIVITY_STATE_")
        }
        status => status_name(status),
    };
    output::print(&output::fields(&[
        ("Activity id", info.activity_id),
        ("Run id", info.run_id),
        ("Type", info.activity_type.unwrap_or_default().name),
        ("Task queue", info.task_queue),
        ("Status", state),
        ("Attempt", info.attempt.to_string()),
        ("Worker", info.last_worker_identity),
        ("Started (UTC)", output::time_precise(info.schedule_time.as_ref())),
        ("Closed (UTC)", output::time_precise(info.close_time.as_ref())),
        ("Next attempt (UTC)", output::time_precise(info.next_attempt_schedule_time.as_ref())),
        ("Cancel requested", info.canceled_reason),
        ("Heartbeat", output::payload_list(info.heartbeat_details.as_ref())),
        ("Last failure", crate::history::failure(info.last_failure.as_ref())),
        ("Input", output::payload_list(answer.input.as_ref())),
        ("Outcome", answer.outcome.as_ref().map(result_words).unwrap_or_default()),
    ]))
}

fn status_name(status: ActivityExecutionStatus) -> String {
    output::camel(status.as_str_name(), "ACTIVITY_EXECUTION_STATUS_")
}

pub(super) async fn list(args: ListArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let (mut found, mut token) = (Vec::new(), Vec::new());
    loop {
        let left = args.limit - found.len();
        let request = pb::ListActivityExecutionsRequest {
            namespace: args.scope.namespace(),
            page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
            next_page_token: token,
            query: args.query.clone(),
        };
        let answer = client.call(request).await?;
        found.extend(answer.executions);
        found.truncate(args.limit);
        token = answer.next_page_token;
        if token.is_empty() || found.len() >= args.limit {
            break;
        }
    }
    if format == Format::Json {
        let list: Vec<Value> =
            found.iter().map(|it| output::json_of(LISTED, it)).collect::<Result<_, _>>()?;
        return output::print_json(&Value::from(list));
    }
    if found.is_empty() {
        output::say("no activities");
        return Ok(());
    }
    let row = |it: &refrain_wire::api::activity::v1::ActivityExecutionListInfo| {
        vec![
            status_name(it.status()),
            it.activity_id.clone(),
            it.activity_type.clone().unwrap_or_default().name,
            it.task_queue.clone(),
            output::time(it.schedule_time.as_ref()),
            output::time(it.close_time.as_ref()),
            it.run_id.clone(),
        ]
    };
    let rows: Vec<Vec<String>> = found.iter().map(row).collect();
    let headings =
        ["STATUS", "ACTIVITY ID", "TYPE", "TASK QUEUE", "STARTED (UTC)", "CLOSED (UTC)", "RUN ID"];
    output::print(&output::table(&headings, &rows))?;
    if !token.is_empty() {
        output::say(&format!("there are more than {}: see --limit and --query", args.limit));
    }
    Ok(())
}

pub(super) async fn count(args: CountArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let request = pb::CountActivityExecutionsRequest {
        namespace: args.scope.namespace(),
        query: args.query.clone(),
    };
    let answer = client.call(request).await?;
    match format {
        Format::Json => output::print_json(&output::json_of(COUNTED, &answer)?),
        Format::Text => output::print(&answer.count.to_string()),
    }
}

pub(super) async fn cancel(args: EndArgs, format: Format) -> Result<(), CliError> {
    let EndArgs { target, reason } = args;
    let client = target.scope.connect().await?;
    let request = pb::RequestCancelActivityExecutionRequest {
        namespace: target.scope.namespace(),
        activity_id: target.activity_id.clone(),
        run_id: target.run_id.clone(),
        identity: identity(),
        request_id: uuid::Uuid::new_v4().to_string(),
        reason,
    };
    client.call(request).await?;
    done("asked to cancel", &target, format)
}

pub(super) async fn terminate(args: EndArgs, format: Format) -> Result<(), CliError> {
    let EndArgs { target, reason } = args;
    let client = target.scope.connect().await?;
    let request = pb::TerminateActivityExecutionRequest {
        namespace: target.scope.namespace(),
        activity_id: target.activity_id.clone(),
        run_id: target.run_id.clone(),
        identity: identity(),
        request_id: uuid::Uuid::new_v4().to_string(),
        reason,
    };
    client.call(request).await?;
    done("terminated", &target, format)
}

pub(super) async fn delete(target: TargetArgs, format: Format) -> Result<(), CliError> {
    let client = target.scope.connect().await?;
    let request = pb::DeleteActivityExecutionRequest {
        namespace: target.scope.namespace(),
        activity_id: target.activity_id.clone(),
        run_id: target.run_id.clone(),
    };
    client.call(request).await?;
    done("deleted", &target, format)
}

fn done(words: &str, target: &TargetArgs, format: Format) -> Result<(), CliError> {
    match format {
        Format::Text => {
            output::say(&format!("{words} activity `{}`", output::clean(&target.activity_id)));
            Ok(())
        }
        Format::Json => output::print_json(&json!({ "activityId": target.activity_id })),
    }
}
