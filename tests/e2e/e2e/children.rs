//! Children: a fan-out that outlives its host, and whatever can be done with a child.

use crate::common::{directory, summary, temporal, temporal_json};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};

const QUEUE: &str = "notifications";
const COMPLETED: &str = "CHILD_WORKFLOW_EXECUTION_COMPLETED";
const TERMINATED: &str = "CHILD_WORKFLOW_EXECUTION_TERMINATED";
const CANCELED: &str = "CHILD_WORKFLOW_EXECUTION_CANCELED";

fn deploy(host: &Host, language: &str) -> Result<()> {
    order::deploy_guest(host, &format!("{language}/batch-notifications"), QUEUE)
}

fn start(host: &Host, kind: &str, id: &str, input: Option<&str>) -> Result<()> {
    let mut args = vec!["workflow", "start", "--type", kind, "--task-queue", QUEUE];
    args.extend(["--workflow-id", id]);
    if let Some(input) = input {
        args.extend(["--input", input]);
    }
    host.cli(&args).map(drop)
}

fn status(host: &Host, id: &str) -> Result<String> {
    let described = host.json(&["workflow", "describe", "--workflow-id", id])?;
    let status = &described["workflowExecutionInfo"]["status"];
    Ok(status.as_str().unwrap_or_default().replace("WORKFLOW_EXECUTION_STATUS_", ""))
}

fn fan_out(host: &Host, users: u32, at_a_time: u32) -> Result<()> {
    let input = json!({ "users": users, "atATime": at_a_time }).to_string();
    start(host, "batchNotifications", "batch", Some(&input))
}

/// Each child ran once, and told its parent once.
fn check_fan_out(host: &Host, users: u32) -> Result<()> {
    assert_eq!(order::result(host, "batch")?.trim(), users.to_string());
    let history = host.history("batch")?;
    let n = |kind: &str| {
        let kind = format!("EVENT_TYPE_{kind}");
        history.iter().filter(|it| it["eventType"] == kind.as_str()).count()
    };
    for kind in [
        "START_CHILD_WORKFLOW_EXECUTION_INITIATED",
        "CHILD_WORKFLOW_EXECUTION_STARTED",
        "CHILD_WORKFLOW_EXECUTION_COMPLETED",
    ] {
        assert_eq!(n(kind), users as usize, "{kind}");
    }
    let of_type = "WorkflowType = 'notifyUser'";
    let counted = temporal_json(host, &["workflow", "count", "--query", of_type])?;
    assert_eq!(counted["count"], users.to_string(), "no child ran twice");
    Ok(())
}

#[test]
fn a_thousand_children_in_batches_of_a_hundred_in_rust() -> Result<()> {
    let host = Host::start(&directory("fan-out-rust"), &[])?;
    deploy(&host, "rust")?;
    fan_out(&host, 1000, 100)?;
    check_fan_out(&host, 1000)
}

/// As many as may be open at once.
#[test]
fn two_thousand_children_at_once_in_rust() -> Result<()> {
    let host = Host::start(&directory("fan-out-at-once"), &[])?;
    deploy(&host, "rust")?;
    fan_out(&host, 2000, 2000)?;
    check_fan_out(&host, 2000)
}

#[test]
fn children_in_batches_in_typescript() -> Result<()> {
    let host = Host::start(&directory("fan-out-typescript"), &[])?;
    deploy(&host, "typescript")?;
    fan_out(&host, 60, 20)?;
    check_fan_out(&host, 60)
}

#[test]
fn children_in_batches_in_python() -> Result<()> {
    let host = Host::start(&directory("fan-out-python"), &[])?;
    deploy(&host, "python")?;
    fan_out(&host, 60, 20)?;
    check_fan_out(&host, 60)
}

/// Killed whenever a further hundred events are there: messages were sent and not taken, children
/// had ended and their parent did not know.
#[test]
fn a_fan_out_that_loses_its_host_runs_every_child_once() -> Result<()> {
    let mut host = Host::start(&directory("fan-out-killed"), &[])?;
    deploy(&host, "rust")?;
    fan_out(&host, 400, 50)?;
    for n_events in [120, 400, 900] {
        eventually("the fan-out goes on", || {
            Ok((host.history("batch")?.len() >= n_events).then_some(()))
        })?;
        host.kill()?;
        host.start_again()?;
    }
    check_fan_out(&host, 400)
}

/// Those that its end is to concern.
fn all_started(host: &Host, id: &str) -> Result<()> {
    eventually("all children are started", || {
        let described = temporal_json(host, &["workflow", "describe", "-w", id])?;
        let pending = described["pendingChildren"].as_array().cloned().unwrap_or_default();
        let started = pending.iter().filter(|it| it["runId"].is_string()).count();
        Ok((started == 3).then_some(()))
    })
}

/// The same for every language.
fn family(language: &str, canceled: &str) -> Result<()> {
    let host = Host::start(&directory(&format!("family-{language}")), &[])?;
    deploy(&host, language)?;
    start(&host, "family", "family", None)?;
    all_started(&host, "family")?;
    let described = temporal_json(&host, &["workflow", "describe", "-w", "family"])?;
    let pending: Vec<_> = described["pendingChildren"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|it| (it["workflowId"].clone(), it["parentClosePolicy"].clone()))
        .collect();
    let of = |id: &str, policy: &str| {
        (Value::from(format!("family-{id}")), Value::from(format!("PARENT_CLOSE_POLICY_{policy}")))
    };
    let expected = [
        ("terminated", "TERMINATE"),
        ("asked-to-stop", "REQUEST_CANCEL"),
        ("abandoned", "ABANDON"),
    ];
    assert_eq!(pending, expected.map(|(id, policy)| of(id, policy)));

    host.cli(&["workflow", "signal", "--workflow-id", "family", "--name", "close"])?;
    let told: Vec<String> = serde_json::from_str(&order::result(&host, "family")?)?;
    check_told(told, canceled);
    check_family(&host.history("family")?);
    for (id, expected) in
        [("terminated", "TERMINATED"), ("asked-to-stop", "CANCELED"), ("abandoned", "RUNNING")]
    {
        let id = format!("family-{id}");
        eventually("the child learns that its parent has closed", || {
            Ok((status(&host, &id)? == expected).then_some(()))
        })?;
    }
    let shown = temporal(&host, &["workflow", "show", "-w", "family"])?;
    for kind in ["StartChildWorkflowExecutionFailed", "ChildWorkflowExecutionCanceled"] {
        assert!(shown.contains(kind), "{shown}");
    }
    let shown = host.cli(&["workflow", "show", "--workflow-id", "family"])?;
    assert!(shown.contains("family-refuses"), "{shown}");
    Ok(())
}

/// `canceled`: what a program is told of a child that it canceled, in the words of its language's SDK.
fn check_told(mut told: Vec<String>, canceled: &str) {
    assert_eq!(told.remove(3), canceled);
    expect![[r#"
        refused for good
        workflow id `family-signaled` is in use
        told by its parent
        Unable to signal external workflow because it was not found
        Unable to cancel external workflow because not found"#]]
    .assert_eq(&told.join("\n"));
}

/// Without workflow tasks and numbers: what arrives together may share a task.
fn check_family(history: &[Value]) {
    let is_task = |it: &&Value| it["eventType"].as_str().is_some_and(|it| it.contains("_TASK_"));
    let told: Vec<_> = history.iter().filter(|it| !is_task(it)).cloned().collect();
    let told: Vec<_> = summary(&told)
        .lines()
        .map(|line| line.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()).to_owned())
        .collect();
    expect![[r#"
        workflow execution started
        start child workflow execution initiated
        child workflow execution started
        child workflow execution failed refused for good
        start child workflow execution initiated
        child workflow execution started
        start child workflow execution initiated
        start child workflow execution failed
        signal external workflow execution initiated finish
        external workflow execution signaled
        child workflow execution completed
        start child workflow execution initiated
        request cancel external workflow execution initiated
        child workflow execution started
        external workflow execution cancel requested
        child workflow execution canceled
        signal external workflow execution initiated finish
        signal external workflow execution failed
        request cancel external workflow execution initiated
        request cancel external workflow execution failed
        start child workflow execution initiated
        child workflow execution started
        start child workflow execution initiated
        child workflow execution started
        start child workflow execution initiated
        child workflow execution started
        workflow execution signaled close
        workflow execution completed"#]]
    .assert_eq(&told.join("\n"));
}

#[test]
fn whatever_can_be_done_with_children_in_rust() -> Result<()> {
    family("rust", "Child Workflow execution cancelled")
}

#[test]
fn whatever_can_be_done_with_children_in_typescript() -> Result<()> {
    family("typescript", "")
}

#[test]
fn whatever_can_be_done_with_children_in_python() -> Result<()> {
    family("python", "Cancelled")
}

fn family_that_waits(host: &Host, language: &str) -> Result<()> {
    deploy(host, language)?;
    start(host, "family", "f", None)?;
    all_started(host, "f")
}

fn reset(host: &Host, id: &str) -> Result<Value> {
    let reset = ["workflow", "reset", "--workflow-id", id, "--type", "LastWorkflowTask"];
    temporal_json(host, &[&reset[..], &["--reason", "again"]].concat())
}

fn children_go_on(language: &str) -> Result<()> {
    let host = Host::start(&directory(&format!("reset-children-{language}")), &[])?;
    family_that_waits(&host, language)?;
    let base = host.json(&["workflow", "describe", "--workflow-id", "f"])?;
    let base = base["workflowExecutionInfo"]["execution"]["runId"].as_str().unwrap_or_default();
    let new = reset(&host, "f")?["runId"].clone();
    let described = ["workflow", "describe", "--workflow-id", "f", "--run-id", base];
    for described in [host.json(&described)?, temporal_json(&host, &described)?] {
        assert_eq!(described["workflowExtendedInfo"]["resetRunId"], new);
    }
    for child in ["f-terminated", "f-asked-to-stop", "f-abandoned"] {
        assert_eq!(status(&host, child)?, "RUNNING", "{child}");
    }
    let pending = host.json(&["workflow", "describe", "--workflow-id", "f"])?;
    assert_eq!(pending["pendingChildren"].as_array().map(Vec::len), Some(3));

    // The end of one comes to the new run, and what that asks of the others reaches them.
    let signal = ["workflow", "signal", "--workflow-id"];
    let finish = ["f-abandoned", "--name", "finish", "--input", "\"told by hand\""];
    host.cli(&[&signal[..], &finish].concat())?;
    eventually("the new run learns of it", || {
        let last = host.event_types("f")?;
        Ok(last.iter().filter(|it| *it == COMPLETED).nth(1).map(|_| ()))
    })?;
    host.cli(&[&signal[..], &["f", "--name", "close"]].concat())?;
    order::result(&host, "f")?;
    for (child, end) in [("f-terminated", "TERMINATED"), ("f-asked-to-stop", "CANCELED")] {
        eventually(child, || Ok((status(&host, child)? == end).then_some(())))?;
    }

    // They ended after it was closed: its history does not say how, theirs do.
    reset(&host, "f")?;
    order::result(&host, "f")?;
    let types = host.event_types("f")?;
    let n = |kind: &str| types.iter().filter(|it| *it == kind).count();
    assert_eq!((n(COMPLETED), n(TERMINATED), n(CANCELED)), (2, 1, 2), "{types:?}");
    Ok(())
}

#[test]
fn children_of_a_run_that_is_reset_in_rust_go_on_and_the_new_run_learns_of_their_end() -> Result<()>
{
    children_go_on("rust")
}

#[test]
fn children_of_a_run_that_is_reset_in_typescript_go_on_and_the_new_run_learns_of_their_end()
-> Result<()> {
    children_go_on("typescript")
}
