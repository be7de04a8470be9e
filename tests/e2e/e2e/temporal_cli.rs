//! Temporal's own command line drives our workflows.

use crate::common::{deploy_bench, directory, status, temporal, temporal_json, try_temporal};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::{eventually, output};
use refrain_e2e::{Host, order, paths};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// A host with orders and bench workflows.
fn host(name: &str) -> Result<Host> {
    let host = Host::start(&directory(name), &[])?;
    order::deploy(&host, "rust")?;
    deploy_bench(&host)?;
    Ok(host)
}

fn start(host: &Host, workflow_id: &str, workflow_type: &str) -> Result<Value> {
    let args = ["workflow", "start", "--workflow-id", workflow_id, "--type", workflow_type];
    let args: Vec<_> = args.into_iter().chain(["--task-queue", "bench"]).collect();
    temporal_json(host, &args)
}

/// `2` and `2.0` are the same number.
fn normal(value: &Value) -> Value {
    match value {
        Value::Number(number) => json!(number.as_f64()),
        Value::Array(list) => list.iter().map(normal).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), normal(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::String(_) => value.clone(),
    }
}

#[test]
fn temporal_starts_an_order_watches_it_signals_it_and_shows_it() -> Result<()> {
    let host = host("temporal-order")?;
    let args = ["workflow", "start", "--workflow-id", "order-1", "--type", order::WORKFLOW_TYPE];
    let args: Vec<_> =
        args.into_iter().chain(["--task-queue", "orders", "--input", order::INPUT]).collect();
    let started = temporal_json(&host, &args)?;
    assert_eq!(started["workflowId"], "order-1");
    assert_eq!(started["type"], "orderFulfillment");

    let query = ["workflow", "query", "--workflow-id", "order-1", "--name", "status"];
    eventually("the order waits for the warehouse", || {
        let answer = temporal_json(&host, &query)?;
        Ok((answer["queryResult"] == json!(["awaitingWarehouse"])).then_some(()))
    })?;
    let described = temporal_json(&host, &["workflow", "describe", "--workflow-id", "order-1"])?;
    let info = &described["workflowExecutionInfo"];
    assert_eq!(info["status"], "WORKFLOW_EXECUTION_STATUS_RUNNING");
    assert_eq!(info["type"]["name"], "orderFulfillment");
    assert_eq!(info["taskQueue"], "orders");

    let signal = ["workflow", "signal", "--workflow-id", "order-1", "--name", "warehouseConfirmed"];
    temporal(&host, &signal)?;
    let result = temporal_json(&host, &["workflow", "result", "--workflow-id", "order-1"])?;
    assert_eq!(result["status"], "COMPLETED");
    assert_eq!(result["result"], serde_json::from_str::<Value>(order::RESULT)?);

    let shown = temporal(&host, &["workflow", "show", "--workflow-id", "order-1"])?;
    // Its columns are numbers, times and names; the times differ.
    let names: String = shown
        .lines()
        .filter(|it| it.trim_start().starts_with(|c: char| c.is_ascii_digit()))
        .filter_map(|it| it.split_whitespace().nth(2))
        .map(|it| format!("{it}\n"))
        .collect();
    expect![[r#"
        WorkflowExecutionStarted
        WorkflowTaskScheduled
        WorkflowTaskStarted
        WorkflowTaskCompleted
        ActivityTaskScheduled
        ActivityTaskStarted
        ActivityTaskCompleted
        WorkflowTaskScheduled
        WorkflowTaskStarted
        WorkflowTaskCompleted
        ActivityTaskScheduled
        ActivityTaskStarted
        ActivityTaskCompleted
        WorkflowTaskScheduled
        WorkflowTaskStarted
        WorkflowTaskCompleted
        TimerStarted
        WorkflowExecutionSignaled
        WorkflowTaskScheduled
        WorkflowTaskStarted
        WorkflowTaskCompleted
        TimerCanceled
        ActivityTaskScheduled
        ActivityTaskStarted
        ActivityTaskCompleted
        WorkflowTaskScheduled
        WorkflowTaskStarted
        WorkflowTaskCompleted
        WorkflowExecutionCompleted
    "#]]
    .assert_eq(&names);
    let shown = temporal_json(&host, &["workflow", "show", "--workflow-id", "order-1"])?;
    let ours = Value::from(host.history("order-1")?);
    assert!(
        normal(&shown["events"]) == normal(&ours),
        "{shown}
differs from
{ours}"
    );
    Ok(())
}

#[test]
fn temporal_cancels_and_terminates() -> Result<()> {
    let host = host("temporal-end")?;
    start(&host, "canceled", "until-canceled")?;
    temporal(&host, &["workflow", "cancel", "--workflow-id", "canceled"])?;
    let said = try_temporal(&host, &["workflow", "result", "--workflow-id", "canceled"])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(status(&host, "canceled")?, "WORKFLOW_EXECUTION_STATUS_CANCELED");

    start(&host, "terminated", "wait-signal")?;
    let args = ["workflow", "terminate", "--workflow-id", "terminated", "--reason", "not needed"];
    temporal(&host, &args)?;
    assert_eq!(status(&host, "terminated")?, "WORKFLOW_EXECUTION_STATUS_TERMINATED");
    let shown = temporal_json(&host, &["workflow", "show", "--workflow-id", "terminated"])?;
    assert!(shown.to_string().contains("not needed"), "{shown}");
    Ok(())
}

#[test]
fn temporal_lists_and_counts() -> Result<()> {
    let host = host("temporal-list")?;
    for nth in 0..3 {
        start(&host, &format!("waits-{nth}"), "wait-signal")?;
    }
    start(&host, "done", "one-activity")?;
    temporal(&host, &["workflow", "result", "--workflow-id", "done"])?;

    let count = |query: &str| -> Result<Value> {
        Ok(temporal_json(&host, &["workflow", "count", "--query", query])?["count"].clone())
    };
    assert_eq!(count("ExecutionStatus = 'Running'")?, "3");
    assert_eq!(count("WorkflowType = 'one-activity'")?, "1");
    assert_eq!(count("WorkflowId STARTS_WITH 'waits-' AND TaskQueue = 'bench'")?, "3");
    let list = temporal_json(&host, &["workflow", "list", "--limit", "2"])?;
    assert_eq!(list.as_array().map(Vec::len), Some(2), "{list}");
    assert_eq!(list[0]["execution"]["workflowId"], "done", "newest first");

    let said = try_temporal(&host, &["workflow", "list", "--query", "Nonsense ="])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    Ok(())
}

#[test]
fn temporal_is_told_what_is_wrong() -> Result<()> {
    let host = host("temporal-errors")?;
    start(&host, "waits", "wait-signal")?;
    let mut told = String::new();
    for args in [
        &["workflow", "describe", "--workflow-id", "nobody"][..],
        &["workflow", "signal", "--workflow-id", "nobody", "--name", "go"],
        &["workflow", "query", "--workflow-id", "waits", "--name", "nonsense"],
        &["workflow", "start", "--workflow-id", "x", "--type", "nonsense", "--task-queue", "bench"],
        &["workflow", "start", "--workflow-id", "x", "--type", "sleep", "--task-queue", "empty"],
        &["workflow", "list", "--namespace", "nowhere"],
    ] {
        let said = try_temporal(&host, args)?;
        assert_eq!(said.code, Some(1), "{said:?}");
        told.push_str(&format!("{} {}: {}", args[0], args[1], said.stderr));
    }
    expect![[r#"
        workflow describe: Error: failed describing workflow: workflow execution `nobody` not found
        workflow signal: Error: failed signalling workflow: workflow execution `nobody` not found
        workflow query: Error: querying workflow failed: unknown queryType nonsense. KnownQueryTypes=[status]
        workflow start: Error: failed starting workflow: workflow type `nonsense` is not in the component deployed to task queue `bench`: it has one-activity, sequence, parallel, sleep, timers, wait-signal, echo, counter, until-canceled, parent, generations, errand
        workflow start: Error: failed starting workflow: no workflow component is deployed to task queue `empty`: deploy one with `refrain deploy`
        workflow list: Error: failed listing workflows: namespace `nowhere` not found
    "#]].assert_eq(&told);
    Ok(())
}

/// In a home of its own: profiles and environments are files there.
fn at_home(home: &Path, args: &[&str]) -> Result<String> {
    let mut command = Command::new(paths::client_program("temporal")?);
    command.args(args).env("HOME", home).env_remove("XDG_CONFIG_HOME");
    output(&mut command)?.or_fail("temporal", args)
}

#[test]
fn temporals_profiles_and_environments_lead_to_a_host() -> Result<()> {
    let home = directory("temporal-profiles");
    let host = Host::start(&home, &[])?;
    let address = host.address();
    host.cli(&["namespace", "create", "shop"])?;
    let set = |name: &str, value: &str| {
        let profile = ["config", "set", "--profile", "here", "--prop", name, "--value", value];
        at_home(&home, &profile)?;
        at_home(&home, &["env", "set", "--env", "there", "--key", name, "--value", value])
    };
    set("address", &address)?;
    set("namespace", "shop")?;
    let mut told = String::new();
    for args in [
        &["config", "list"][..],
        &["config", "get", "--profile", "here"],
        &["env", "list"],
        &["env", "get", "--env", "there"],
        &["workflow", "list", "--profile", "here", "-o", "json"],
        &["workflow", "count", "--profile", "here", "-o", "json"],
        &["workflow", "count", "--env", "there"],
        &["config", "delete", "--profile", "here", "--prop", "namespace"],
        &["config", "get", "--profile", "here"],
        &["config", "delete-profile", "--profile", "here"],
        &["env", "delete", "--env", "there"],
        &["config", "list"],
        &["env", "list"],
    ] {
        let said = at_home(&home, args)?.replace(&address, "ADDRESS");
        // Tables are as wide as what is in them.
        let lines = said.lines().map(|it| it.split_whitespace().collect::<Vec<_>>().join(" "));
        // Their order is anyone's guess.
        let lines: BTreeSet<String> = lines.filter(|it| !it.is_empty()).collect();
        told += &format!("{}\n", args.join(" "));
        told.extend(lines.iter().map(|it| format!("    {it}\n")));
    }
    expect![[r#"
        config list
            Name
            here
        config get --profile here
            Property Value
            address ADDRESS
            namespace shop
        env list
            Name
            there
        env get --env there
            Property Value
            address ADDRESS
            namespace shop
        workflow list --profile here -o json
            [
            ]
        workflow count --profile here -o json
            {}
        workflow count --env there
            Total: 0
        config delete --profile here --prop namespace
        config get --profile here
            Property Value
            address ADDRESS
        config delete-profile --profile here
        env delete --env there
        config list
            Name
        env list
            Name
    "#]]
    .assert_eq(&told);
    Ok(())
}
