//! `refrain workflow`: start, look at, talk to and end workflows.

use crate::client::{Client, ScopeArgs, identity};
use crate::errors::CliError;
use crate::history::{event_line, event_row, failure_lines};
use crate::output::{self, Format};
use crate::units::{KeyValue, Span};
use clap::{Args, Subcommand, ValueEnum};
use refrain_wire::admin;
use refrain_wire::api::common::v1::{Memo, Payload, Payloads, WorkflowExecution, WorkflowType};
use refrain_wire::api::enums::v1 as enums;
use refrain_wire::api::failure::v1::Failure;
use refrain_wire::api::history::v1::history_event::Attributes;
use refrain_wire::api::history::v1::{History, HistoryEvent};
use refrain_wire::api::query::v1::WorkflowQuery;
use refrain_wire::api::taskqueue::v1::TaskQueue;
use refrain_wire::api::workflow::v1::WorkflowExecutionInfo;
use refrain_wire::api::workflowservice::v1 as pb;
use refrain_wire::wkt;
use serde_json::{Value, json};
use std::collections::HashMap;
use std::path::PathBuf;

const PAGE: i32 = 1000;
/// Pending activities listed by `describe`.
const PENDING_SHOWN_MAX: usize = 100;
/// Frames of a guest that broke.
const STACK_SHOWN_MAX: usize = 20;

#[derive(Debug, Subcommand)]
pub(crate) enum WorkflowCommand {
    /// Start a workflow and return at once.
    Start(StartArgs),
    /// Start a workflow, wait for its end and print its result.
    Execute(StartArgs),
    /// List workflows, newest first.
    List(ListArgs),
    /// Count workflows.
    Count(CountArgs),
    /// Show what is known of a workflow: state, times, pending activities, result.
    Describe(TargetArgs),
    /// Show a workflow's history of events.
    Show(ShowArgs),
    /// Send a signal to a workflow.
    Signal(SignalArgs),
    /// Ask a workflow something without changing it.
    Query(QueryArgs),
    /// Ask a workflow to stop; it may clean up first.
    Cancel(EndArgs),
    /// End a workflow at once; it is not asked.
    Terminate(EndArgs),
    /// Wait for a workflow's end and print its result.
    Result(TargetArgs),
    /// Show the values that a workflow published, without running it.
    State(TargetArgs),
}

/// One workflow.
#[derive(Debug, Args)]
pub(crate) struct TargetArgs {
    /// The workflow's id.
    #[arg(long, short, value_name = "ID")]
    workflow_id: String,
    /// One run of it. Default: the latest.
    #[arg(long, short, value_name = "UUID", default_value = "", hide_default_value = true)]
    run_id: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

impl TargetArgs {
    fn execution(&self) -> Option<WorkflowExecution> {
        Some(WorkflowExecution {
            workflow_id: self.workflow_id.clone(),
            run_id: self.run_id.clone(),
        })
    }
}

/// Arguments, as JSON.
#[derive(Debug, Args)]
struct InputArgs {
    /// An argument, as JSON. Repeat it for more arguments.
    #[arg(long, short, value_name = "JSON")]
    input: Vec<String>,
    /// A file with an argument, as JSON (`-`: standard input). Repeat it for more; after --input.
    #[arg(long, value_name = "FILE")]
    input_file: Vec<PathBuf>,
}

impl InputArgs {
    fn payloads(&self) -> Result<Option<Payloads>, CliError> {
        let mut payloads = Vec::new();
        for text in &self.input {
            payloads.push(json_payload(text.as_bytes().to_vec(), "--input")?);
        }
        for file in &self.input_file {
            let bytes = if file.as_os_str() == "-" {
                let mut bytes = Vec::new();
                std::io::Read::read_to_end(&mut std::io::stdin().lock(), &mut bytes).map(|_| bytes)
            } else {
                std::fs::read(file)
            };
            let bytes = bytes.map_err(|error| {
                CliError::usage(format!("input file `{}` can't be read: {error}", file.display()))
            })?;
            payloads.push(json_payload(bytes, &format!("input file `{}`", file.display()))?);
        }
        Ok((!payloads.is_empty()).then_some(Payloads { payloads }))
    }
}

fn json_payload(data: Vec<u8>, what: &str) -> Result<Payload, CliError> {
    if let Err(error) = serde_json::from_slice::<serde::de::IgnoredAny>(&data) {
        let found = output::shorten(&String::from_utf8_lossy(&data), 60);
        return Err(CliError::usage(format!("{what} is not JSON: `{found}` ({error})"))
            .hint(r#"text is JSON in double quotes: --input '"some text"'"#));
    }
    Ok(Payload {
        metadata: HashMap::from([("encoding".to_owned(), b"json/plain".to_vec())]),
        data,
        external_payloads: Vec::new(),
    })
}

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
    /// A note kept with the workflow, as `key=JSON`. Repeat it for more.
    #[arg(long, value_name = "KEY=JSON")]
    memo: Vec<KeyValue>,
    #[command(flatten)]
    scope: ScopeArgs,
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

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    /// A filter, e.g. `WorkflowType="order" AND ExecutionStatus="Running"`.
    #[arg(long, short, value_name = "FILTER", default_value = "", hide_default_value = true)]
    query: String,
    /// At most so many.
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CountArgs {
    /// A filter, e.g. `ExecutionStatus="Running"`; may end in `GROUP BY ExecutionStatus`.
    #[arg(long, short, value_name = "FILTER", default_value = "", hide_default_value = true)]
    query: String,
    #[command(flatten)]
    scope: ScopeArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    target: TargetArgs,
    /// Go on showing events as they happen, until the workflow is closed.
    ///
    /// With `--output json`: one event a line.
    #[arg(long, short)]
    follow: bool,
}

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
    target: TargetArgs,
    /// Why; it is kept in the history.
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    reason: String,
}

pub(crate) async fn run(command: WorkflowCommand, format: Format) -> Result<(), CliError> {
    match command {
        WorkflowCommand::Start(args) => start(args, format).await,
        WorkflowCommand::Execute(args) => execute(args, format).await,
        WorkflowCommand::List(args) => list(args, format).await,
        WorkflowCommand::Count(args) => count(args, format).await,
        WorkflowCommand::Describe(args) => describe(args, format).await,
        WorkflowCommand::Show(args) => show(args, format).await,
        WorkflowCommand::Signal(args) => signal(args, format).await,
        WorkflowCommand::Query(args) => query(args, format).await,
        WorkflowCommand::Cancel(args) => cancel(args, format).await,
        WorkflowCommand::Terminate(args) => terminate(args, format).await,
        WorkflowCommand::Result(args) => {
            let client = args.scope.connect().await?;
            let namespace = args.scope.namespace();
            let execution = latest(&client, &namespace, args.execution()).await?;
            let outcome = wait_for_end(&client, &namespace, execution).await?;
            print_outcome(&args.workflow_id, &outcome, format)
        }
        WorkflowCommand::State(args) => state(args, format).await,
    }
}

// ---- start

struct Started {
    workflow_id: String,
    run_id: String,
    started: bool,
}

fn proto_span(span: Option<Span>) -> Option<wkt::Duration> {
    let span = span?.0;
    Some(wkt::Duration {
        seconds: i64::try_from(span.as_secs()).unwrap_or(i64::MAX),
        nanos: i32::try_from(span.subsec_nanos()).unwrap_or(0),
    })
}

fn start_request(
    args: &StartArgs,
    workflow_id: &str,
) -> Result<pb::StartWorkflowExecutionRequest, CliError> {
    let mut memo = HashMap::new();
    for KeyValue { key, value } in &args.memo {
        let what = format!("memo `{key}`");
        memo.insert(key.clone(), json_payload(value.as_bytes().to_vec(), &what)?);
    }
    Ok(pb::StartWorkflowExecutionRequest {
        namespace: args.scope.namespace(),
        workflow_id: workflow_id.to_owned(),
        workflow_type: Some(WorkflowType { name: args.workflow_type.clone() }),
        task_queue: Some(TaskQueue { name: args.task_queue.clone(), ..TaskQueue::default() }),
        input: args.input.payloads()?,
        workflow_execution_timeout: proto_span(args.execution_timeout),
        workflow_run_timeout: proto_span(args.run_timeout),
        workflow_task_timeout: proto_span(args.task_timeout),
        identity: identity(),
        request_id: uuid::Uuid::new_v4().to_string(),
        workflow_id_reuse_policy: args.id_reuse_policy.map_or(0, |it| it.to_proto() as i32),
        workflow_id_conflict_policy: args.id_conflict_policy.map_or(0, |it| it.to_proto() as i32),
        workflow_start_delay: proto_span(args.start_delay),
        memo: (!memo.is_empty()).then_some(Memo { fields: memo }),
        ..pb::StartWorkflowExecutionRequest::default()
    })
}

async fn begin(args: &StartArgs) -> Result<(Client, Started), CliError> {
    let workflow_id = args.workflow_id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let request = start_request(args, &workflow_id)?;
    let client = args.scope.connect().await?;
    let answer = client.call(request).await?;
    Ok((client, Started { workflow_id, run_id: answer.run_id, started: answer.started }))
}

async fn start(args: StartArgs, format: Format) -> Result<(), CliError> {
    let (_, started) = begin(&args).await?;
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

async fn execute(args: StartArgs, format: Format) -> Result<(), CliError> {
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

// ---- the end of a workflow

struct Outcome {
    run_id: String,
    end: End,
}

enum End {
    Completed(Vec<Payload>),
    Failed(Option<Box<Failure>>),
    TimedOut,
    Canceled(Vec<Payload>),
    Terminated {
        reason: String,
    },
    /// An event that this program does not know closed it.
    Other(String),
}

/// The run that is meant now: another may begin while we wait for this one.
async fn latest(
    client: &Client,
    namespace: &str,
    execution: Option<WorkflowExecution>,
) -> Result<WorkflowExecution, CliError> {
    let given = execution.unwrap_or_default();
    if !given.run_id.is_empty() {
        return Ok(given);
    }
    let request = pb::DescribeWorkflowExecutionRequest {
        namespace: namespace.to_owned(),
        execution: Some(given.clone()),
    };
    let info = client.call(request).await?.workflow_execution_info.unwrap_or_default();
    Ok(info.execution.unwrap_or(given))
}

/// Follows the chain of runs to its end.
async fn wait_for_end(
    client: &Client,
    namespace: &str,
    mut execution: WorkflowExecution,
) -> Result<Outcome, CliError> {
    loop {
        let event = close_event(client, namespace, &execution, true).await?;
        let Some(event) = event else { continue };
        let (end, next) = end_of(event);
        if next.is_empty() {
            return Ok(Outcome { run_id: execution.run_id, end });
        }
        execution.run_id = next;
    }
}

/// The event that closed a run; `None` if it is open and `wait` is not set.
async fn close_event(
    client: &Client,
    namespace: &str,
    execution: &WorkflowExecution,
    wait: bool,
) -> Result<Option<HistoryEvent>, CliError> {
    let mut token = Vec::new();
    loop {
        let answer = client
            .call(pb::GetWorkflowExecutionHistoryRequest {
                namespace: namespace.to_owned(),
                execution: Some(execution.clone()),
                wait_new_event: wait,
                history_event_filter_type: enums::HistoryEventFilterType::CloseEvent as i32,
                skip_archival: true,
                next_page_token: token,
                ..Default::default()
            })
            .await?;
        let mut events = answer.history.unwrap_or_default().events;
        if let Some(event) = events.pop() {
            return Ok(Some(event));
        }
        if answer.next_page_token.is_empty() {
            return Ok(None);
        }
        token = answer.next_page_token;
    }
}

/// How a run ended, and the run that goes on in its place.
fn end_of(event: HistoryEvent) -> (End, String) {
    let name = crate::history::event_name(&event);
    let list = |it: Option<Payloads>| it.map(|it| it.payloads).unwrap_or_default();
    match event.attributes {
        Some(Attributes::WorkflowExecutionCompletedEventAttributes(it)) => {
            (End::Completed(list(it.result)), it.new_execution_run_id)
        }
        Some(Attributes::WorkflowExecutionFailedEventAttributes(it)) => {
            (End::Failed(it.failure.map(Box::new)), it.new_execution_run_id)
        }
        Some(Attributes::WorkflowExecutionTimedOutEventAttributes(it)) => {
            (End::TimedOut, it.new_execution_run_id)
        }
        Some(Attributes::WorkflowExecutionCanceledEventAttributes(it)) => {
            (End::Canceled(list(it.details)), String::new())
        }
        Some(Attributes::WorkflowExecutionTerminatedEventAttributes(it)) => {
            (End::Terminated { reason: it.reason }, String::new())
        }
        Some(Attributes::WorkflowExecutionContinuedAsNewEventAttributes(it)) => {
            (End::Other(name), it.new_execution_run_id)
        }
        Some(_) | None => (End::Other(name), String::new()),
    }
}

impl End {
    fn status(&self) -> &str {
        match self {
            End::Completed(_) => "COMPLETED",
            End::Failed(_) => "FAILED",
            End::TimedOut => "TIMED_OUT",
            End::Canceled(_) => "CANCELED",
            End::Terminated { .. } => "TERMINATED",
            End::Other(name) => name,
        }
    }

    /// Lines of words for a person; nothing if it went well.
    fn words(&self) -> Vec<String> {
        match self {
            End::Completed(_) => Vec::new(),
            End::Failed(failure) => {
                let mut lines = failure_lines(failure.as_deref());
                if lines.is_empty() {
                    lines.push("it does not say why".to_owned());
                }
                lines
            }
            End::TimedOut => vec!["timed out".to_owned()],
            End::Canceled(_) => vec!["canceled".to_owned()],
            End::Terminated { reason } if reason.is_empty() => vec!["terminated".to_owned()],
            End::Terminated { reason } => vec![format!("terminated: {reason}")],
            End::Other(name) => vec![format!("ended with `{name}`")],
        }
    }
}

fn print_outcome(workflow_id: &str, outcome: &Outcome, format: Format) -> Result<(), CliError> {
    if format == Format::Json {
        let mut value = json!({
            "workflowId": workflow_id,
            "runId": outcome.run_id,
            "status": outcome.end.status(),
        });
        match &outcome.end {
            End::Completed(result) => value["result"] = output::result_json(result),
            End::Failed(Some(failure)) => {
                value["failure"] =
                    output::json_of("temporal.api.failure.v1.Failure", failure.as_ref())?;
            }
            End::Canceled(details) => value["details"] = output::result_json(details),
            End::Terminated { reason } => value["reason"] = Value::from(reason.as_str()),
            End::Failed(None) | End::TimedOut | End::Other(_) => {}
        }
        output::print_json(&value)?;
    } else if let End::Completed(result) = &outcome.end {
        let lines: Vec<String> =
            result.iter().map(|it| output::clean(&output::payload(it))).collect();
        let text = if lines.is_empty() { "null".to_owned() } else { lines.join("\n") };
        output::print(&text)?;
    }
    match &outcome.end {
        End::Completed(_) => Ok(()),
        other => Err(CliError::failed(failed_words(workflow_id, other))
            .hint(format!("`refrain workflow show -w {}` shows its history", quoted(workflow_id)))),
    }
}

/// The failure and its causes, each deeper than the one it caused.
fn failed_words(workflow_id: &str, end: &End) -> String {
    let mut words = end.words().into_iter();
    let first = words.next().unwrap_or_default();
    let mut text = match end {
        End::Failed(_) => format!("workflow `{workflow_id}` failed: {first}"),
        _ => format!("workflow `{workflow_id}` {first}"),
    };
    for (depth, line) in words.enumerate() {
        let indent = "  ".repeat(depth + 1);
        text.push_str(&format!("\n{indent}caused by: {line}"));
    }
    text
}

/// For a command line that the reader may copy.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        text.to_owned()
    } else {
        format!("'{}'", output::clean(text).replace('\'', r"'\''"))
    }
}

// ---- list and count

fn status_name(status: i32) -> String {
    match enums::WorkflowExecutionStatus::try_from(status) {
        Ok(status) => output::camel(status.as_str_name(), "WORKFLOW_EXECUTION_STATUS_"),
        Err(_) => status.to_string(),
    }
}

fn list_row(info: &WorkflowExecutionInfo) -> Vec<String> {
    let execution = info.execution.clone().unwrap_or_default();
    vec![
        status_name(info.status),
        execution.workflow_id,
        info.r#type.as_ref().map_or_else(String::new, |it| it.name.clone()),
        info.task_queue.clone(),
        output::time(info.start_time.as_ref()),
        output::time(info.close_time.as_ref()),
        execution.run_id,
    ]
}

async fn list(args: ListArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let mut found: Vec<WorkflowExecutionInfo> = Vec::new();
    let mut token = Vec::new();
    let more = loop {
        let left = limit - found.len();
        let answer = client
            .call(pb::ListWorkflowExecutionsRequest {
                namespace: args.scope.namespace(),
                page_size: i32::try_from(left).unwrap_or(PAGE).min(PAGE),
                next_page_token: token,
                query: args.query.clone(),
            })
            .await?;
        found.extend(answer.executions);
        token = answer.next_page_token;
        if token.is_empty() {
            break found.len() > limit;
        }
        if found.len() >= limit {
            break true;
        }
    };
    found.truncate(limit);
    match format {
        Format::Json => {
            let of = |it| output::json_of("temporal.api.workflow.v1.WorkflowExecutionInfo", it);
            let list: Vec<Value> = found.iter().map(of).collect::<Result<_, _>>()?;
            output::print_json(&Value::from(list))?;
        }
        Format::Text if found.is_empty() => output::say("no workflows"),
        Format::Text => {
            let headings = [
                "STATUS",
                "WORKFLOW ID",
                "TYPE",
                "TASK QUEUE",
                "STARTED (UTC)",
                "CLOSED (UTC)",
                "RUN ID",
            ];
            let rows: Vec<Vec<String>> = found.iter().map(list_row).collect();
            output::print(&output::table(&headings, &rows))?;
        }
    }
    if more && format == Format::Text {
        output::say(&format!("there are more than {limit}: see --limit and --query"));
    }
    Ok(())
}

async fn count(args: CountArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let request = pb::CountWorkflowExecutionsRequest {
        namespace: args.scope.namespace(),
        query: args.query.clone(),
    };
    let answer = client.call(request).await?;
    match format {
        Format::Json => output::print_json(&output::json_of(
            "temporal.api.workflowservice.v1.CountWorkflowExecutionsResponse",
            &answer,
        )?),
        Format::Text if answer.groups.is_empty() => output::print(&answer.count.to_string()),
        Format::Text => {
            let group = |group: &pb::count_workflow_executions_response::AggregationGroup| {
                let values: Vec<String> = group
                    .group_values
                    .iter()
                    .map(|it| match output::payload_json(it) {
                        Value::String(text) => text,
                        other => other.to_string(),
                    })
                    .collect();
                vec![group.count.to_string(), values.join(", ")]
            };
            let mut rows: Vec<Vec<String>> = answer.groups.iter().map(group).collect();
            rows.push(vec![answer.count.to_string(), "(all)".to_owned()]);
            output::print(&output::table(&["COUNT", "GROUP"], &rows))
        }
    }
}

// ---- describe, show, state

async fn describe(args: TargetArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let answer = client
        .call(pb::DescribeWorkflowExecutionRequest {
            namespace: args.scope.namespace(),
            execution: args.execution(),
        })
        .await?;
    if format == Format::Json {
        return output::print_json(&output::json_of(
            "temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse",
            &answer,
        )?);
    }
    let info = answer.workflow_execution_info.clone().unwrap_or_default();
    let config = answer.execution_config.clone().unwrap_or_default();
    let execution = info.execution.clone().unwrap_or_default();
    let mut text = output::fields(&[
        ("Workflow id", execution.workflow_id.clone()),
        ("Run id", execution.run_id.clone()),
        ("Type", info.r#type.clone().unwrap_or_default().name),
        ("Namespace", args.scope.namespace()),
        ("Task queue", info.task_queue.clone()),
        ("Status", status_name(info.status)),
        ("Started (UTC)", output::time_precise(info.start_time.as_ref())),
        ("Closed (UTC)", output::time_precise(info.close_time.as_ref())),
        ("Duration", output::span(info.execution_duration.as_ref())),
        ("Execution timeout", limit(config.workflow_execution_timeout.as_ref())),
        ("Run timeout", limit(config.workflow_run_timeout.as_ref())),
        ("Task timeout", limit(config.default_workflow_task_timeout.as_ref())),
        ("Parent", info.parent_execution.clone().map(|it| it.workflow_id).unwrap_or_default()),
        ("Component", component_of(&info)),
        ("Events", info.history_length.to_string()),
        ("History size", format!("{} bytes", info.history_size_bytes)),
        ("Memo", memo_words(info.memo.as_ref())),
    ]);
    text.push_str(&pending(&answer));
    if answer.pending_workflow_task.as_ref().is_some_and(|it| it.attempt > 1) {
        text.push_str(&task_failure(&client, &args.scope.namespace(), &execution).await?);
    }
    if info.close_time.is_some() {
        let closed = close_event(&client, &args.scope.namespace(), &execution, false).await?;
        if let Some(event) = closed {
            text.push_str(&closed_words(event));
        }
    }
    output::print(&text)
}

/// A timeout of zero is none.
fn limit(span: Option<&wkt::Duration>) -> String {
    span.filter(|it| it.seconds != 0 || it.nanos != 0)
        .map_or_else(String::new, |it| output::span(Some(it)))
}

#[allow(deprecated, reason = "it is where Temporal's tools look for a build id, too")]
fn component_of(info: &WorkflowExecutionInfo) -> String {
    let stamp = info.most_recent_worker_version_stamp.as_ref();
    match stamp.map_or("", |it| it.build_id.as_str()) {
        "" => String::new(),
        digest => crate::component::digest(digest),
    }
}

fn memo_words(memo: Option<&Memo>) -> String {
    let Some(memo) = memo else { return String::new() };
    let mut words: Vec<String> =
        memo.fields.iter().map(|(key, it)| format!("{key}={}", output::payload(it))).collect();
    words.sort();
    words.join(", ")
}

fn pending(answer: &pb::DescribeWorkflowExecutionResponse) -> String {
    let mut text = String::new();
    if !answer.pending_activities.is_empty() {
        let row = |it: &refrain_wire::api::workflow::v1::PendingActivityInfo| {
            vec![
                it.activity_id.clone(),
                it.activity_type.clone().unwrap_or_default().name,
                output::camel(it.state().as_str_name(), "PENDING_ACTIVITY_STATE_"),
                it.attempt.to_string(),
                output::time(it.next_attempt_schedule_time.as_ref()),
                crate::history::failure(it.last_failure.as_ref()),
            ]
        };
        let shown = answer.pending_activities.iter().take(PENDING_SHOWN_MAX);
        let rows: Vec<Vec<String>> = shown.map(row).collect();
        let headings = ["ID", "ACTIVITY", "STATE", "ATTEMPT", "NEXT (UTC)", "LAST FAILURE"];
        text.push_str(&format!("\nPending activities: {}\n", answer.pending_activities.len()));
        text.push_str(&output::table(&headings, &rows));
    }
    if let Some(task) = &answer.pending_workflow_task {
        text.push_str(&format!(
            "\nPending workflow task: {}, attempt {}\n",
            output::camel(task.state().as_str_name(), "PENDING_WORKFLOW_TASK_STATE_"),
            task.attempt
        ));
    }
    text
}

/// Why the workflow does not get on: the newest failure of its tasks.
async fn task_failure(
    client: &Client,
    namespace: &str,
    execution: &WorkflowExecution,
) -> Result<String, CliError> {
    let request = pb::GetWorkflowExecutionHistoryReverseRequest {
        namespace: namespace.to_owned(),
        execution: Some(execution.clone()),
        maximum_page_size: 20,
        ..Default::default()
    };
    let events = client.call(request).await?.history.unwrap_or_default().events;
    let failure = events.into_iter().find_map(|event| match event.attributes {
        Some(Attributes::WorkflowTaskFailedEventAttributes(it)) => it.failure,
        Some(_) | None => None,
    });
    let Some(failure) = failure else { return Ok(String::new()) };
    let mut text = String::new();
    for line in failure_lines(Some(&failure)).iter().flat_map(|it| it.lines()) {
        text.push_str(&format!("  {}\n", output::clean(line)));
    }
    for line in failure.stack_trace.lines().take(STACK_SHOWN_MAX) {
        text.push_str(&format!("    {}\n", output::clean(line)));
    }
    Ok(text)
}

fn closed_words(event: HistoryEvent) -> String {
    let (end, next) = end_of(event);
    let mut text = String::from("\n");
    match &end {
        End::Completed(result) => {
            let values: Vec<String> = result.iter().map(output::payload).collect();
            let values = if values.is_empty() { "null".to_owned() } else { values.join(", ") };
            text.push_str(&format!("Result: {}\n", output::clean(&values)));
        }
        other => {
            let mut words = other.words().into_iter();
            let first = words.next().unwrap_or_default();
            text.push_str(&format!("Failure: {}\n", output::clean(&first)));
            for (depth, line) in words.enumerate() {
                let indent = "  ".repeat(depth + 1);
                text.push_str(&format!("{indent}caused by: {}\n", output::clean(&line)));
            }
        }
    }
    if !next.is_empty() {
        text.push_str(&format!("Goes on as run {next}\n"));
    }
    text
}

async fn show(args: ShowArgs, format: Format) -> Result<(), CliError> {
    let target = &args.target;
    let client = target.scope.connect().await?;
    let mut events = Vec::new();
    let mut token = Vec::new();
    loop {
        let answer = client
            .call(pb::GetWorkflowExecutionHistoryRequest {
                namespace: target.scope.namespace(),
                execution: target.execution(),
                maximum_page_size: PAGE,
                wait_new_event: args.follow,
                history_event_filter_type: enums::HistoryEventFilterType::AllEvent as i32,
                skip_archival: true,
                next_page_token: token,
            })
            .await?;
        let page = answer.history.unwrap_or_default().events;
        if args.follow {
            for event in &page {
                output::print(&match format {
                    Format::Text => event_line(event),
                    Format::Json => {
                        output::json_of("temporal.api.history.v1.HistoryEvent", event)?.to_string()
                    }
                })?;
            }
        } else {
            events.extend(page);
        }
        token = answer.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    if args.follow {
        return Ok(());
    }
    match format {
        Format::Json => {
            let history = History { events };
            output::print_json(&output::json_of("temporal.api.history.v1.History", &history)?)
        }
        Format::Text => {
            let rows: Vec<Vec<String>> = events.iter().map(event_row).collect();
            output::print(&output::table(&["ID", "TIME (UTC)", "EVENT", "DETAIL"], &rows))
        }
    }
}

async fn state(args: TargetArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let mut admin = client.admin();
    let request = admin::DescribeStateRequest {
        namespace: args.scope.namespace(),
        workflow_id: args.workflow_id.clone(),
        run_id: args.run_id.clone(),
    };
    let answer = client.answer(admin.describe_state(request)).await?;
    let mut state: Vec<(String, Payload)> = answer
        .state
        .into_iter()
        .map(|(name, it)| {
            let payload =
                Payload { metadata: it.metadata, data: it.data, external_payloads: Vec::new() };
            (name, payload)
        })
        .collect();
    state.sort_by(|a, b| a.0.cmp(&b.0));
    match format {
        Format::Json => {
            let state: serde_json::Map<String, Value> =
                state.iter().map(|(name, it)| (name.clone(), output::payload_json(it))).collect();
            output::print_json(&json!({ "runId": answer.run_id, "state": state }))
        }
        Format::Text if state.is_empty() => {
            output::say("nothing is published");
            Ok(())
        }
        Format::Text => {
            let rows: Vec<Vec<String>> =
                state.iter().map(|(name, it)| vec![name.clone(), output::payload(it)]).collect();
            output::print(&output::table(&["NAME", "VALUE"], &rows))
        }
    }
}

// ---- talking to a workflow

/// What there is to say when nothing comes back.
fn done(words: &str, target: &TargetArgs, format: Format) -> Result<(), CliError> {
    match format {
        Format::Text => {
            output::say(&format!("{words} {}", output::clean(&target.workflow_id)));
            Ok(())
        }
        Format::Json => output::print_json(&json!({ "workflowId": target.workflow_id })),
    }
}

async fn signal(args: SignalArgs, format: Format) -> Result<(), CliError> {
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

async fn query(args: QueryArgs, format: Format) -> Result<(), CliError> {
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

async fn cancel(args: EndArgs, format: Format) -> Result<(), CliError> {
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

async fn terminate(args: EndArgs, format: Format) -> Result<(), CliError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use expect_test::expect;
    use refrain_wire::api::failure::v1::failure::FailureInfo;
    use refrain_wire::api::failure::v1::{ActivityFailureInfo, ApplicationFailureInfo};

    #[test]
    fn a_failure_is_told_with_all_its_causes() {
        let application = |message: &str, kind: &str, cause| Failure {
            message: message.to_owned(),
            failure_info: Some(FailureInfo::ApplicationFailureInfo(ApplicationFailureInfo {
                r#type: kind.to_owned(),
                ..Default::default()
            })),
            cause,
            ..Failure::default()
        };
        let declined = application("card declined", "CardDeclined", None);
        let activity = Failure {
            message: "Activity task failed".to_owned(),
            failure_info: Some(FailureInfo::ActivityFailureInfo(ActivityFailureInfo::default())),
            cause: Some(Box::new(declined)),
            ..Failure::default()
        };
        let outer = application("can't pay", "", Some(Box::new(activity)));
        expect![[r#"
            workflow `order-1` failed: can't pay
              caused by: activity `` failed
                caused by: card declined (CardDeclined)"#]]
        .assert_eq(&failed_words("order-1", &End::Failed(Some(Box::new(outer)))));
        assert_eq!(
            failed_words("a", &End::Terminated { reason: "why not".to_owned() }),
            "workflow `a` terminated: why not"
        );
    }

    #[test]
    fn input_that_is_not_json_is_refused_with_a_hint() {
        let error = json_payload(b"hello".to_vec(), "--input").expect_err("not JSON");
        assert_eq!(error.exit, crate::errors::Exit::Usage);
        assert!(error.hint.is_some());
        assert!(json_payload(b" {\"a\": [1]} ".to_vec(), "--input").is_ok());
    }

    #[test]
    fn ids_are_quoted_for_a_shell_when_they_need_it() {
        assert_eq!(quoted("order-1"), "order-1");
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(quoted(""), "''");
    }
}
