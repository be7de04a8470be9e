//! How a workflow ended.

use super::TargetArgs;
use super::describe::{described, task_failure};
use crate::client::Client;
use crate::errors::CliError;
use crate::history::failure_lines;
use crate::output::{self, Format};
use clap::Args;
use refrain_wire::api::common::v1::{Payload, Payloads, WorkflowExecution};
use refrain_wire::api::enums::v1 as enums;
use refrain_wire::api::failure::v1::Failure;
use refrain_wire::api::history::v1::HistoryEvent;
use refrain_wire::api::history::v1::history_event::Attributes;
use refrain_wire::api::workflow::v1::WorkflowExecutionInfo;
use refrain_wire::api::workflowservice::v1 as pb;
use serde_json::{Value, json};
use std::time::Duration;

/// How often a run is looked at that may be broken.
const LOOK: Duration = Duration::from_millis(250);

#[derive(Debug, Args)]
pub(crate) struct ResultArgs {
    /// Do not wait for a workflow to be mended: fail once a workflow task of it, or of a child of it, fails. For tests.
    #[arg(long)]
    unless_broken: bool,
    #[command(flatten)]
    target: TargetArgs,
}

/// `workflow result`.
pub(super) async fn result(args: ResultArgs, format: Format) -> Result<(), CliError> {
    let ResultArgs { unless_broken, target } = args;
    let client = target.scope.connect().await?;
    let namespace = target.scope.namespace();
    let execution = latest(&client, &namespace, target.execution()).await?;
    let whole = wait_for_end(&client, &namespace, execution);
    let outcome = match unless_broken {
        true => tokio::select! {
            outcome = whole => outcome?,
            broken = until_broken(&client, &namespace, target.execution()) => return Err(broken?),
        },
        false => whole.await?,
    };
    print_outcome(&target.workflow_id, &outcome, format)
}

/// Until a workflow task fails, of the run or of a child of it: it goes on only if someone mends the program.
async fn until_broken(
    client: &Client,
    namespace: &str,
    execution: Option<WorkflowExecution>,
) -> Result<CliError, CliError> {
    loop {
        tokio::time::sleep(LOOK).await;
        let answer = described(client, namespace, execution.clone()).await?;
        let info = answer.workflow_execution_info.unwrap_or_default();
        let info = match answer.pending_workflow_task {
            Some(task) if task.attempt > 1 => info,
            Some(_) | None => match broken_child(client, namespace, info).await? {
                Some(child) => child,
                None => continue,
            },
        };
        let execution = info.execution.unwrap_or_default();
        let why = task_failure(client, namespace, &execution).await?;
        return Ok(CliError::failed(format!(
            "workflow `{}` ({}) is broken, its workflow task failed\n{}",
            info.r#type.unwrap_or_default().name,
            execution.workflow_id,
            why.trim_end(),
        ))
        .hint("mend the program, and `refrain deploy FILE --task-queue NAME --move`"));
    }
}

/// One of those that a workflow began, or that these began.
async fn broken_child(
    client: &Client,
    namespace: &str,
    of: WorkflowExecutionInfo,
) -> Result<Option<WorkflowExecutionInfo>, CliError> {
    let root = of.execution.unwrap_or_default().workflow_id.replace('\'', "''");
    let query = format!(
        "RootWorkflowId = '{root}' AND TemporalReportedProblems IN ('category=WorkflowTaskFailed')"
    );
    let request = pb::ListWorkflowExecutionsRequest {
        namespace: namespace.to_owned(),
        page_size: 1,
        query,
        ..Default::default()
    };
    Ok(client.call(request).await?.executions.into_iter().next())
}

pub(super) struct Outcome {
    run_id: String,
    end: End,
}

pub(super) enum End {
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
    let answer = described(client, namespace, Some(given.clone())).await?;
    let info = answer.workflow_execution_info.unwrap_or_default();
    Ok(info.execution.unwrap_or(given))
}

/// Follows the chain of runs to its end.
pub(super) async fn wait_for_end(
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
pub(super) async fn close_event(
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
pub(super) fn end_of(event: HistoryEvent) -> (End, String) {
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
    pub(super) fn words(&self) -> Vec<String> {
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

pub(super) fn print_outcome(
    workflow_id: &str,
    outcome: &Outcome,
    format: Format,
) -> Result<(), CliError> {
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
    fn ids_are_quoted_for_a_shell_when_they_need_it() {
        assert_eq!(quoted("order-1"), "order-1");
        assert_eq!(quoted("a b'c"), r"'a b'\''c'");
        assert_eq!(quoted(""), "''");
    }
}
