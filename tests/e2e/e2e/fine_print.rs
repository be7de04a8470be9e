//! What few programs ask for: what the cancellation of an activity or a child waits for, handlers that
//! are left running, errors that fail a workflow, details for people.

use crate::common::{directory, status, summary, temporal, temporal_json};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};

const QUEUE: &str = "fine-print";

fn host(name: &str, language: &str) -> Result<Host> {
    let host = Host::start(&directory(&format!("{name}-{language}")), &[])?;
    order::deploy_guest(&host, &format!("{language}/fine-print"), QUEUE)?;
    Ok(host)
}

fn start(host: &Host, id: &str, kind: &str, more: &[&str]) -> Result<()> {
    let args = ["workflow", "start", "--workflow-id", id, "--type", kind, "--task-queue", QUEUE];
    temporal(host, &[&args[..], more].concat()).map(drop)
}

fn result(host: &Host, id: &str) -> Result<Value> {
    Ok(temporal_json(host, &["workflow", "result", "--workflow-id", id])?["result"].clone())
}

/// Both command lines show the same; without workflow tasks and numbers, as what arrives together may
/// share a task.
fn events(host: &Host, id: &str) -> Result<String> {
    let which = ["workflow", "show", "--workflow-id", id];
    let (ours, theirs) = (host.json(&which)?, temporal_json(host, &which)?);
    let all_of = |it: &Value| it["events"].as_array().cloned().unwrap_or_default();
    let all = all_of(&ours);
    assert_eq!(summary(&all), summary(&all_of(&theirs)));
    let is_task =
        |it: &&Value| it["eventType"].as_str().is_some_and(|it| it.contains("_WORKFLOW_TASK_"));
    let told: Vec<_> = all.iter().filter(|it| !is_task(it)).cloned().collect();
    let lines = summary(&told);
    let lines =
        lines.lines().map(|it| it.trim_start_matches(|c: char| c == ' ' || c.is_ascii_digit()));
    Ok(lines.map(|it| format!("  {it}\n")).collect())
}

fn children_are_asked_to_stop(language: &str) -> Result<()> {
    let host = host("parts", language)?;
    let mut told = String::new();
    for how in
        ["ABANDON", "TRY_CANCEL", "WAIT_CANCELLATION_REQUESTED", "WAIT_CANCELLATION_COMPLETED"]
    {
        start(&host, how, "parts", &["--input", &json!(how).to_string()])?;
        told.push_str(&format!("{how}: {}\n{}", result(&host, how)?, events(&host, how)?));
        let child = format!("{how}-child");
        let is_asked = || -> Result<bool> {
            Ok(host
                .event_types(&child)?
                .iter()
                .any(|it| it == "WORKFLOW_EXECUTION_CANCEL_REQUESTED"))
        };
        if how == "ABANDON" {
            assert!(!is_asked()?);
        } else {
            eventually("the child is asked", || Ok(is_asked()?.then_some(())))?;
        }
        let status = status(&host, &child)?;
        told.push_str(&format!("  its child: {}\n", status.as_str().unwrap_or_default()));
    }
    expect![[r#"
        ABANDON: true
          workflow execution started
          start child workflow execution initiated
          child workflow execution started
          workflow execution completed
          its child: WORKFLOW_EXECUTION_STATUS_RUNNING
        TRY_CANCEL: true
          workflow execution started
          start child workflow execution initiated
          child workflow execution started
          request cancel external workflow execution initiated
          workflow execution completed
          its child: WORKFLOW_EXECUTION_STATUS_RUNNING
        WAIT_CANCELLATION_REQUESTED: true
          workflow execution started
          start child workflow execution initiated
          child workflow execution started
          request cancel external workflow execution initiated
          external workflow execution cancel requested
          workflow execution completed
          its child: WORKFLOW_EXECUTION_STATUS_RUNNING
        WAIT_CANCELLATION_COMPLETED: true
          workflow execution started
          start child workflow execution initiated
          child workflow execution started
          request cancel external workflow execution initiated
          signal external workflow execution initiated done
          external workflow execution cancel requested
          external workflow execution signaled
          child workflow execution canceled
          workflow execution completed
          its child: WORKFLOW_EXECUTION_STATUS_CANCELED
    "#]]
    .assert_eq(&told);
    Ok(())
}

#[test]
fn the_cancellation_of_a_child_waits_for_what_its_parent_in_rust_asks_for() -> Result<()> {
    children_are_asked_to_stop("rust")
}

#[test]
fn the_cancellation_of_a_child_waits_for_what_its_parent_in_typescript_asks_for() -> Result<()> {
    children_are_asked_to_stop("typescript")
}

#[test]
fn the_cancellation_of_an_activity_in_typescript_is_asked_for_or_not() -> Result<()> {
    let host = host("stops", "typescript")?;
    let mut told = String::new();
    for how in ["TRY_CANCEL", "WAIT_CANCELLATION_COMPLETED", "ABANDON"] {
        start(&host, how, "stops", &["--input", &json!(how).to_string()])?;
        told.push_str(&format!("{how}: {}\n{}", result(&host, how)?, events(&host, how)?));
    }
    expect![[r#"
        TRY_CANCEL: true
          workflow execution started
          activity task scheduled nap
          timer started 0.001s
          timer fired
          activity task cancel requested
          workflow execution completed
        WAIT_CANCELLATION_COMPLETED: true
          workflow execution started
          activity task scheduled nap
          timer started 0.001s
          timer fired
          activity task cancel requested
          activity task canceled
          workflow execution completed
        ABANDON: true
          workflow execution started
          activity task scheduled nap
          timer started 0.001s
          timer fired
          workflow execution completed
    "#]]
    .assert_eq(&told);
    Ok(())
}

/// The lines of the log that warn of it.
fn warnings(host: &Host) -> Result<Vec<String>> {
    let log = host.log()?;
    let found =
        log.lines().filter_map(|it| Some(it[it.find("the workflow ended while")?..].to_owned()));
    Ok(found.collect())
}

fn update(host: &Host, id: &str) -> Result<()> {
    let update = ["workflow", "update", "start", "--workflow-id", id, "--name", "ask"];
    temporal(host, &[&update[..], &["--update-id", "u1", "--wait-for-stage", "accepted"]].concat())
        .map(drop)
}

#[test]
fn a_workflow_in_typescript_is_told_of_handlers_that_it_leaves_unless_it_says_that_it_does()
-> Result<()> {
    let host = host("leaves", "typescript")?;
    for (id, policy) in
        [("silent", "\"ABANDON\""), ("told", "\"WARN_AND_ABANDON\""), ("default", "null")]
    {
        start(&host, id, "leaves", &["--input", policy])?;
        update(&host, id)?;
        temporal(&host, &["workflow", "signal", "--workflow-id", id, "--name", "poke"])?;
        assert_eq!(result(&host, id)?, json!(2));
    }
    let one = "the workflow ended while handlers were running: update ask (u1), signal poke; wait for `allHandlersFinished` first";
    assert_eq!(warnings(&host)?.len(), 2, "{:?}", warnings(&host)?);
    assert!(warnings(&host)?.iter().all(|it| it.starts_with(one)), "{:?}", warnings(&host)?);
    Ok(())
}

#[test]
fn a_workflow_in_rust_is_told_of_handlers_that_it_leaves() -> Result<()> {
    let host = host("leaves", "rust")?;
    start(&host, "told", "leaves", &[])?;
    update(&host, "told")?;
    temporal(&host, &["workflow", "signal", "--workflow-id", "told", "--name", "done"])?;
    assert_eq!(result(&host, "told")?, json!(1));
    let told = warnings(&host)?;
    let one = "the workflow ended while handlers were running: update ask (u1); await `all_handlers_finished` first";
    assert!(told.len() == 1 && told[0].starts_with(one), "{told:?}");
    Ok(())
}

fn people_see_details(language: &str) -> Result<()> {
    let host = host("details", language)?;
    start(&host, "details", "details", &[])?;
    let metadata = temporal_json(&host, &["workflow", "metadata", "--workflow-id", "details"])?;
    assert_eq!(metadata["queryResult"][0]["currentDetails"], "**half** of it", "{metadata}");
    temporal(&host, &["workflow", "signal", "--workflow-id", "details", "--name", "done"])?;
    assert_eq!(result(&host, "details")?, json!("**half** of it"));
    Ok(())
}

#[test]
fn people_see_the_details_that_a_workflow_in_rust_sets() -> Result<()> {
    people_see_details("rust")
}

#[test]
fn people_see_the_details_that_a_workflow_in_typescript_sets() -> Result<()> {
    people_see_details("typescript")
}

#[test]
fn a_workflow_in_typescript_says_which_errors_fail_it_and_knows_what_it_was_started_with()
-> Result<()> {
    let host = host("fails", "typescript")?;
    start(&host, "fails", "fails", &[])?;
    let said = host.try_cli(&["workflow", "result", "--workflow-id", "fails"])?;
    expect![[r#"
        error: workflow `fails` failed: no more unobtainium (OutOfStock)
        hint: `refrain workflow show -w fails` shows its history
    "#]]
    .assert_eq(&said.stderr);
    let flags = ["--memo", "from=\"start\"", "--run-timeout", "1h", "--priority-key", "2"];
    start(&host, "info", "info", &flags)?;
    expect![[r#"
        {
          "attempt": 1,
          "isFirst": true,
          "isReplaying": false,
          "memo": {
            "from": "start"
          },
          "priority": {
            "priorityKey": 2
          },
          "runTimeoutMs": 3600000,
          "startedInTime": true,
          "taskTimeoutMs": 10000
        }
    "#]]
    .assert_eq(&format!("{:#}\n", result(&host, "info")?));
    Ok(())
}
