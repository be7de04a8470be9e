//! Schedules through the real binary: Temporal's own command line and Python client, guests in
//! both languages, and a host that is killed.

use crate::common::{directory, python, temporal, temporal_json, try_temporal};
use anyhow::{Context, Result};
use refrain_e2e::host::{eventually, output};
use refrain_e2e::{Host, order};
use serde_json::{Value, json};
use std::collections::BTreeSet;

const QUEUE: &str = "reports";

fn host(name: &str, language: &str) -> Result<Host> {
    let host = Host::start(&directory(name), &[])?;
    order::deploy_guest(&host, &format!("{language}/daily-report"), QUEUE)?;
    Ok(host)
}

/// A report that takes an hour, unless someone asks for it.
fn create(host: &Host, interval: &str, seconds: &str, policy: &str) -> Result<String> {
    let args = ["schedule", "create", "--schedule-id", "daily", "--interval", interval];
    let action = ["--workflow-id", "report", "--type", "dailyReport", "--task-queue", QUEUE];
    let rest = ["--input", "\"sales\"", "--input", seconds, "--overlap-policy", policy];
    temporal(host, &[&args[..], &action, &rest].concat())
}

fn describe(host: &Host) -> Result<Value> {
    temporal_json(host, &["schedule", "describe", "--schedule-id", "daily"])
}

fn info(host: &Host) -> Result<Value> {
    Ok(describe(host)?["info"].clone())
}

fn recent(host: &Host, n: usize, status: &str) -> Result<Vec<Value>> {
    eventually(&format!("{n} actions that are {status}"), || {
        let recent = info(host)?["recentActions"].as_array().cloned().unwrap_or_default();
        let status = format!("WORKFLOW_EXECUTION_STATUS_{status}");
        let all = recent.iter().all(|it| it["startWorkflowStatus"] == status.as_str());
        Ok((recent.len() == n && all).then_some(recent))
    })
}

fn in_language(language: &str) -> Result<()> {
    let host = host(&format!("schedules-{language}"), language)?;
    let schedule = |verb: &str, args: &[&str]| {
        temporal(&host, &[&["schedule", verb, "--schedule-id", "daily"], args].concat())
    };
    create(&host, "1h", "3600", "Skip")?;
    let again = try_temporal(
        &host,
        &[
            "schedule",
            "create",
            "--schedule-id",
            "daily",
            "--interval",
            "1h",
            "--workflow-id",
            "w",
            "--type",
            "dailyReport",
            "--task-queue",
            QUEUE,
        ],
    )?;
    assert!(again.stderr.contains("already registered"), "{}", again.stderr);

    schedule("trigger", &[])?;
    let triggered = recent(&host, 1, "RUNNING")?;
    let workflow_id =
        triggered[0]["startWorkflowResult"]["workflowId"].as_str().context("an id")?;
    assert_eq!(info(&host)?["runningWorkflows"].as_array().map(Vec::len), Some(1));
    // One is open: this one is skipped.
    schedule("trigger", &[])?;
    eventually("a skipped start", || Ok((info(&host)?["overlapSkipped"] == "1").then_some(())))?;
    temporal(&host, &["workflow", "signal", "--workflow-id", workflow_id, "--name", "sendNow"])?;
    recent(&host, 1, "COMPLETED")?;
    let result = temporal(&host, &["workflow", "result", "--workflow-id", workflow_id])?;
    assert!(result.contains("report on sales, on request"), "{result}");
    let shown = host.cli(&["workflow", "show", "--workflow-id", workflow_id])?;
    assert!(shown.contains("sendNow"), "{shown}");
    let described = temporal_json(&host, &["workflow", "describe", "--workflow-id", workflow_id])?;
    let attributes = &described["workflowExecutionInfo"]["searchAttributes"]["indexedFields"];
    assert!(attributes["TemporalScheduledById"].is_object(), "{described}");

    let range = ["--start-time", "2026-01-01T00:00:00Z", "--end-time", "2026-01-01T03:00:00Z"];
    schedule("backfill", &[&range[..], &["--overlap-policy", "AllowAll"]].concat())?;
    eventually("all of the backfill", || Ok((info(&host)?["actionCount"] == "5").then_some(())))?;
    for hour in ["00", "03"] {
        let id = format!("report-2026-01-01T{hour}:00:00Z");
        temporal(&host, &["workflow", "describe", "--workflow-id", &id])?;
    }

    schedule("toggle", &["--pause", "--reason", "holiday"])?;
    let state = describe(&host)?["schedule"]["state"].clone();
    assert_eq!((&state["paused"], &state["notes"]), (&json!(true), &json!("holiday")));
    let paused = temporal(&host, &["schedule", "list"])?;
    assert!(paused.contains("daily"), "{paused}");
    schedule("toggle", &["--unpause", "--reason", "back"])?;
    let update = ["--cron", "CRON_TZ=Europe/Paris 30 9 * * MON-FRI", "--workflow-id", "report"];
    schedule("update", &[&update[..], &["--type", "dailyReport", "--task-queue", QUEUE]].concat())?;
    let spec = describe(&host)?["schedule"]["spec"].clone();
    assert_eq!(spec["timezoneName"], "Europe/Paris", "{spec}");
    assert_eq!(spec["structuredCalendar"][0]["dayOfWeek"][0]["end"], 5, "{spec}");

    schedule("delete", &[])?;
    let gone = try_temporal(&host, &["schedule", "describe", "--schedule-id", "daily"])?;
    assert!(gone.stderr.contains("not found"), "{}", gone.stderr);
    Ok(())
}

#[test]
fn a_schedule_starts_reports_in_rust() -> Result<()> {
    in_language("rust")
}

#[test]
fn a_schedule_starts_reports_in_typescript() -> Result<()> {
    in_language("typescript")
}

#[test]
fn a_schedule_starts_reports_in_python() -> Result<()> {
    in_language("python")
}

/// Seconds since midnight, from `report-2026-11-22T13:48:34Z`.
fn second_of(workflow_id: &str) -> Option<u64> {
    let clock = workflow_id.strip_suffix('Z')?.rsplit('T').next()?;
    clock.split(':').try_fold(0, |sum, it| Some(sum * 60 + it.parse::<u64>().ok()?))
}

#[test]
fn times_that_a_killed_host_missed_are_caught_up_once_each() -> Result<()> {
    let mut host = host("schedules-killed", "rust")?;
    create(&host, "1s", "3600", "AllowAll")?;
    let started = |host: &Host, n: u64| {
        eventually(&format!("{n} actions"), || {
            let count = info(host)?["actionCount"].as_str().and_then(|it| it.parse::<u64>().ok());
            Ok((count.unwrap_or(0) >= n).then_some(()))
        })
    };
    started(&host, 2)?;
    host.kill()?;
    host.start_again()?;
    started(&host, 6)?;
    host.kill()?;
    host.start_again()?;
    temporal(&host, &["schedule", "toggle", "--schedule-id", "daily", "--pause"])?;
    let n_actions = eventually("all that was due", || {
        let info = info(&host)?;
        Ok(info["actionCount"].as_str().and_then(|it| it.parse::<usize>().ok()))
    })?;
    let runs = eventually("a run for each action", || {
        let list = host.json(&["workflow", "list"])?;
        let runs = list.as_array().cloned().unwrap_or_default();
        Ok((runs.len() >= n_actions).then_some(runs))
    })?;
    let ids: Vec<_> = runs.iter().filter_map(|it| it["execution"]["workflowId"].as_str()).collect();
    let seconds: BTreeSet<u64> = ids.iter().filter_map(|it| second_of(it)).collect();
    assert_eq!(seconds.len(), ids.len(), "one run for each second: {ids:?}");
    let (first, last) = (seconds.first().context("a run")?, seconds.last().context("a run")?);
    // Over midnight the seconds begin again.
    if last - first < 43_200 {
        assert_eq!(last - first + 1, seconds.len() as u64, "no second is missing: {ids:?}");
    }
    Ok(())
}

#[test]
fn temporals_python_client_keeps_schedules() -> Result<()> {
    let host = host("schedules-python", "rust")?;
    temporal(
        &host,
        &["operator", "search-attribute", "create", "--name", "Area", "--type", "Keyword"],
    )?;
    let said = output(python("schedules")?.arg(host.address()))?.or_fail("schedules", &[])?;
    assert_eq!(
        said,
        "created\nalready running\ntriggered: report on sales, in time\nbackfilled 4\npaused: holiday\nunpaused: back\nupdated: Europe/Paris\nlisted: py-daily\nin emea: py-daily\nelsewhere:\ndeleted\n"
    );
    Ok(())
}
