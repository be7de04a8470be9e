//! `describe`: what is known of a workflow, and why it does not get on.

use super::TargetArgs;
use super::list::status_name;
use super::outcome::{End, close_event, end_of};
use crate::client::Client;
use crate::errors::CliError;
use crate::history::failure_lines;
use crate::output::{self, Format};
use refrain_wire::api::common::v1::{Payload, Priority, WorkflowExecution};
use refrain_wire::api::history::v1::HistoryEvent;
use refrain_wire::api::history::v1::history_event::Attributes;
use refrain_wire::api::workflow::v1::{VersioningOverride, WorkflowExecutionInfo};
use refrain_wire::api::workflowservice::v1 as pb;
use refrain_wire::wkt;
use std::collections::HashMap;

/// Pending activities listed by `describe`.
const PENDING_SHOWN_MAX: usize = 100;
/// Frames of a guest that broke.
const STACK_SHOWN_MAX: usize = 20;

pub(super) async fn describe(args: TargetArgs, format: Format) -> Result<(), CliError> {
    let client = args.scope.connect().await?;
    let answer = described(&client, &args.scope.namespace(), args.execution()).await?;
    if format == Format::Json {
        return output::print_json(&output::json_of(
            "temporal.api.workflowservice.v1.DescribeWorkflowExecutionResponse",
            &answer,
        )?);
    }
    let info = answer.workflow_execution_info.clone().unwrap_or_default();
    let config = answer.execution_config.clone().unwrap_or_default();
    let execution = info.execution.clone().unwrap_or_default();
    let metadata = config.user_metadata.clone().unwrap_or_default();
    let attributes = info.search_attributes.clone().map(|it| it.indexed_fields);
    // Those that the server sets say in other words what is told below.
    let attributes = attributes.map(|mut it| {
        it.retain(|name, _| name != "BuildIds" && !name.starts_with("Temporal"));
        it
    });
    let mut text = output::fields(&[
        ("Workflow id", execution.workflow_id.clone()),
        ("Run id", execution.run_id.clone()),
        ("Type", info.r#type.clone().unwrap_or_default().name),
        ("Namespace", args.scope.namespace()),
        ("Task queue", info.task_queue.clone()),
        ("Status", status_name(info.status)),
        ("Paused", paused_words(&answer)),
        ("Summary", metadata.summary.as_ref().map(output::payload).unwrap_or_default()),
        ("Details", metadata.details.as_ref().map(output::payload).unwrap_or_default()),
        ("Started (UTC)", output::time_precise(info.start_time.as_ref())),
        ("Begins (UTC)", begins(&info)),
        ("Closed (UTC)", output::time_precise(info.close_time.as_ref())),
        ("Duration", output::span(info.execution_duration.as_ref())),
        ("Execution timeout", limit(config.workflow_execution_timeout.as_ref())),
        ("Run timeout", limit(config.workflow_run_timeout.as_ref())),
        ("Task timeout", limit(config.default_workflow_task_timeout.as_ref())),
        ("Parent", info.parent_execution.clone().map(|it| it.workflow_id).unwrap_or_default()),
        ("Component", component_of(&info)),
        ("Versioning", crate::history::over(override_of(&info))),
        ("Priority", priority_words(info.priority.as_ref())),
        ("Events", info.history_length.to_string()),
        ("History size", format!("{} bytes", info.history_size_bytes)),
        ("Memo", field_words(info.memo.as_ref().map(|it| &it.fields))),
        ("Search attributes", field_words(attributes.as_ref())),
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

fn paused_words(answer: &pb::DescribeWorkflowExecutionResponse) -> String {
    let extended = answer.workflow_extended_info.as_ref();
    extended.and_then(|it| it.pause_info.as_ref()).map_or_else(String::new, |it| {
        let why = if it.reason.is_empty() { String::new() } else { format!(": {}", it.reason) };
        format!("{} by {}{why}", output::time_precise(it.paused_time.as_ref()), it.identity)
    })
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

fn override_of(info: &WorkflowExecutionInfo) -> Option<&VersioningOverride> {
    info.versioning_info.as_ref().and_then(|it| it.versioning_override.as_ref())
}

/// Nothing if nobody has said anything.
fn priority_words(priority: Option<&Priority>) -> String {
    let Some(it) = priority else { return String::new() };
    let key = (it.priority_key != 0).then(|| it.priority_key.to_string());
    let share = (!it.fairness_key.is_empty()).then(|| format!("share of {}", it.fairness_key));
    let weight = (it.fairness_weight != 0.0).then(|| format!("weight {}", it.fairness_weight));
    key.into_iter().chain(share).chain(weight).collect::<Vec<_>>().join(", ")
}

/// When a run begins that waits before it does (a delay, a cron string); else nothing.
fn begins(info: &WorkflowExecutionInfo) -> String {
    let at = info.execution_time.as_ref();
    if at == info.start_time.as_ref() { String::new() } else { output::time_precise(at) }
}

/// A memo, or search attributes.
fn field_words(fields: Option<&HashMap<String, Payload>>) -> String {
    let fields = fields.into_iter().flatten();
    let mut words: Vec<String> =
        fields.map(|(key, it)| format!("{key}={}", output::payload(it))).collect();
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

/// What the server says of a run.
pub(super) async fn described(
    client: &Client,
    namespace: &str,
    execution: Option<WorkflowExecution>,
) -> Result<pb::DescribeWorkflowExecutionResponse, CliError> {
    let namespace = namespace.to_owned();
    client.call(pb::DescribeWorkflowExecutionRequest { namespace, execution }).await
}

/// Why the workflow does not get on: the newest failure of its tasks.
pub(super) async fn task_failure(
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
