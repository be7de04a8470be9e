//! Our own command line, family by family, on a real host with the bench workflows.

use crate::common::{BENCH, Python, WAITING, bench_host, start};
use anyhow::{Context, Result};
use refrain_e2e::host::eventually;
use refrain_e2e::{order, paths};
use serde_json::{Value, json};

#[test]
fn updates_are_sent_waited_for_and_asked_about() -> Result<()> {
    let host = bench_host("cli-updates")?;
    start(&host, "counter", "counter", BENCH)?;
    let update = |verb: &str, args: &[&str]| {
        let args = [&["workflow", "update", verb, "--workflow-id", "counter"], args].concat();
        host.try_cli(&args)
    };
    let add = |verb: &str, id: &str, n: &str| {
        update(verb, &["--name", "add", "--update-id", id, "--input", n, "--output", "json"])
    };
    let value = |said: refrain_e2e::host::Said| -> Result<Value> {
        Ok(serde_json::from_str(&said.or_fail("refrain", &["workflow", "update"])?)?)
    };

    let executed = value(add("execute", "one", "5")?)?;
    assert_eq!((&executed["result"], &executed["name"]), (&json!(5), &json!("add")));
    let again = value(add("execute", "one", "5")?)?;
    assert_eq!(again["result"], 5, "the same id is the same update");
    let started = value(add("start", "two", "7")?)?;
    assert_eq!(started["updateId"], "two");
    let text = update("result", &["--update-id", "two"])?.or_fail("refrain", &[])?;
    assert!(text.contains("Result       12"), "{text}");
    let described = value(update("describe", &["--update-id", "two", "--output", "json"])?)?;
    assert_eq!(described["stage"], "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED");

    let rejected = add("execute", "three", "-5")?;
    assert_eq!(rejected.code, Some(1), "{rejected:?}");
    assert!(rejected.stderr.contains("update `three` failed: -5 is not positive"), "{rejected:?}");
    let unknown = update("describe", &["--update-id", "never"])?;
    assert_eq!(unknown.code, Some(1), "{unknown:?}");
    let shown = host.cli(&["workflow", "show", "--workflow-id", "counter"])?;
    assert_eq!(shown.matches("WorkflowExecutionUpdateCompleted").count(), 2, "{shown}");
    Ok(())
}

#[test]
fn a_signal_starts_the_workflow_that_it_is_for() -> Result<()> {
    let host = bench_host("cli-signal-with-start")?;
    let signal = |name: &str| {
        let args = ["workflow", "signal-with-start", "--workflow-id", "w", "--type", "wait-signal"];
        let signal = ["--task-queue", BENCH, "--signal-name", name, "--signal-input", r#"{"a":1}"#];
        host.json(&[&args[..], &signal].concat())
    };
    let first = signal("unheard")?;
    let second = signal("go")?;
    assert_eq!((&first["started"], &second["started"]), (&json!(true), &json!(false)));
    assert_eq!(first["runId"], second["runId"], "the second finds it open");
    assert_eq!(order::result(&host, "w")?, r#"{"a":1}"#);
    Ok(())
}

#[test]
fn activities_are_held_changed_completed_and_failed() -> Result<()> {
    let host = bench_host("cli-activities")?;
    let directory = paths::target().join("e2e/cli-activities");
    start(&host, "completed", "one-activity", WAITING)?;
    let pending = |workflow_id: &str| -> Result<Value> {
        let described = host.json(&["workflow", "describe", "--workflow-id", workflow_id])?;
        Ok(described["pendingActivities"][0].clone())
    };
    let id = eventually("the activity waits", || {
        Ok(pending("completed")?["activityId"].as_str().map(str::to_owned))
    })?;
    let of = |workflow_id: &str, verb: &str, args: &[&str]| {
        let those = ["activity", verb, "--workflow-id", workflow_id, "--activity-id", &id];
        host.cli(&[&those[..], args].concat())
    };

    of("completed", "pause", &["--reason", "lunch"])?;
    let paused = pending("completed")?;
    assert_eq!(paused["state"], "PENDING_ACTIVITY_STATE_PAUSED", "{paused}");
    assert_eq!(paused["pauseInfo"]["manual"]["reason"], "lunch", "{paused}");
    of("completed", "reset", &["--keep-paused"])?;
    assert_eq!(pending("completed")?["state"], "PENDING_ACTIVITY_STATE_PAUSED");
    of("completed", "unpause", &[])?;
    assert_eq!(pending("completed")?["state"], "PENDING_ACTIVITY_STATE_SCHEDULED");
    let options = of(
        "completed",
        "update-options",
        &["--start-to-close-timeout", "20s", "--retry-maximum-attempts", "3"],
    )?;
    assert!(options.contains("Start to close       20s"), "{options}");
    assert!(options.contains("Maximum attempts     3"), "{options}");
    assert!(options.contains("Task queue           waiting"), "what is not given stays: {options}");
    of("completed", "complete", &["--result", "null"])?;
    assert_eq!(order::result(&host, "completed")?, "null");

    // Only what has begun can fail.
    order::deploy_workflow(&host, "rust")?;
    let _worker = Python::order_worker(&directory, &host, &["--hangs", "charge"])?;
    order::start(&host, "order-1")?;
    eventually("the activity begins", || {
        Ok((pending("order-1")?["state"] == "PENDING_ACTIVITY_STATE_STARTED").then_some(()))
    })?;
    of("order-1", "fail", &["--reason", "no", "--detail", r#"{"why":"because"}"#])?;
    let failed = eventually("the activity is tried again", || {
        let pending = pending("order-1")?;
        Ok((pending["attempt"] == 2).then_some(pending))
    })?;
    assert_eq!(failed["lastFailure"]["message"], "no", "{failed}");

    let nothing = host.try_cli(&[
        "activity",
        "update-options",
        "--workflow-id",
        "completed",
        "--activity-id",
        &id,
    ])?;
    assert_eq!(nothing.code, Some(2), "{nothing:?}");
    let nobody = ["activity", "complete", "--workflow-id", "nobody", "--activity-id", "1"];
    let nobody = host.try_cli(&[&nobody[..], &["--result", "1"]].concat())?;
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    Ok(())
}

#[test]
fn schedules_are_kept_by_our_command_line() -> Result<()> {
    let host = bench_host("cli-schedules")?;
    let schedule = |verb: &str, args: &[&str]| {
        host.cli(&[&["schedule", verb, "--schedule-id", "daily"], args].concat())
    };
    let starts = ["--workflow-id", "daily", "--type", "wait-signal", "--task-queue", BENCH];
    let times = ["--interval", "1d/1h", "--cron", "30 12 * * Fri", "--calendar", r#"{"hour":"5"}"#];
    let more = ["--overlap-policy", "allowall", "--notes", "note", "--memo", "a=1"];
    let of_schedule = ["--schedule-memo", "b=2", "--schedule-search-attribute", "Color=\"red\""];
    schedule("create", &[&starts[..], &times, &more, &of_schedule].concat())?;
    let described = schedule("describe", &[])?;
    for line in [
        "Times            0 0 5 * * *; 0 30 12 * * 5; every 1d + 1h",
        "Overlap          AllowAll",
        "Catch-up window  365d",
        "Notes            note",
        "Type             wait-signal",
        "Starts           0",
    ] {
        assert!(described.contains(line), "no `{line}` in\n{described}");
    }
    let listed = host.json(&["schedule", "list"])?;
    assert_eq!(listed[0]["scheduleId"], "daily");
    assert_eq!(listed[0]["searchAttributes"]["indexedFields"]["Color"]["data"], "InJlZCI=");

    schedule("trigger", &[])?;
    let n_actions = |n: &str| {
        eventually(&format!("{n} starts"), || {
            let described = host.json(&["schedule", "describe", "--schedule-id", "daily"])?;
            Ok((described["info"]["actionCount"] == n).then_some(described))
        })
    };
    let info = n_actions("1")?["info"].clone();
    let run = &info["recentActions"][0]["startWorkflowResult"]["workflowId"];
    let workflow_id = run.as_str().context("a workflow")?;
    host.cli(&["workflow", "signal", "--workflow-id", workflow_id, "--name", "go", "-i", "1"])?;
    assert_eq!(order::result(&host, workflow_id)?, "1");
    let range = ["--start-time", "2026-01-01T12:00:00Z", "--end-time", "2026-01-03T12:00:00Z"];
    schedule("backfill", &range)?;
    // At 1:00 and 5:00, on two days; Friday the 2nd at 12:30 too.
    n_actions("6")?;
    let matching = schedule("list-matching-times", &range)?;
    assert_eq!(
        matching,
        "2026-01-02 01:00:00\n2026-01-02 05:00:00\n2026-01-02 12:30:00\n2026-01-03 01:00:00\n2026-01-03 05:00:00\n"
    );

    schedule("toggle", &["--pause", "--reason", "holiday"])?;
    let paused = host.cli(&["schedule", "list", "--query", "TemporalSchedulePaused=true"])?;
    assert!(paused.contains("holiday"), "{paused}");
    schedule("toggle", &["--unpause", "--reason", "back"])?;
    schedule("update", &[&starts[..], &["--interval", "6h", "--remaining-actions", "2"]].concat())?;
    let described = schedule("describe", &[])?;
    assert!(described.contains("Times            every 6h\n"), "{described}");
    assert!(described.contains("Starts left      2"), "{described}");
    schedule("delete", &[])?;
    let gone = host.try_cli(&["schedule", "describe", "--schedule-id", "daily"])?;
    assert_eq!(gone.code, Some(1), "{gone:?}");

    let wrong = host.try_cli(
        &[&["schedule", "create", "-s", "wrong"][..], &starts, &["--interval", "often"]].concat(),
    )?;
    assert_eq!(wrong.code, Some(2), "{wrong:?}");
    Ok(())
}

#[test]
fn a_task_queue_says_who_works_on_it_and_what_waits() -> Result<()> {
    let host = bench_host("cli-task-queue")?;
    start(&host, "w", "one-activity", WAITING)?;
    let waiting = eventually("the activity waits", || {
        let described = host.json(&["task-queue", "describe", "--task-queue", WAITING])?;
        let count = &described["activity"]["stats"]["approximateBacklogCount"];
        Ok((*count == "1").then_some(described))
    })?;
    assert!(waiting["activity"]["pollers"].is_null(), "nobody: {waiting}");
    let described = host.cli(&["task-queue", "describe", "--task-queue", BENCH])?;
    assert_eq!(described.matches('@').count(), 2, "the host does both: {described}");
    let empty = host.cli(&["task-queue", "describe", "--task-queue", "empty"])?;
    assert!(empty.contains("Nobody works on it."), "{empty}");
    Ok(())
}

#[test]
fn a_filter_in_place_of_an_id_means_a_batch() -> Result<()> {
    let host = bench_host("cli-batches")?;
    for workflow_id in ["many-1", "many-2", "another"] {
        start(&host, workflow_id, "wait-signal", BENCH)?;
    }
    let many = ["--query", "WorkflowId STARTS_WITH 'many-'"];
    let refused = host.try_cli(&[&["workflow", "terminate"][..], &many].concat())?;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("finds 2 workflows"), "{refused:?}");
    let both = [&["workflow", "terminate", "--workflow-id", "many-1"][..], &many].concat();
    assert_eq!(host.try_cli(&both)?.code, Some(2));

    let batch = |args: &[&str]| -> Result<Value> {
        let begun = host.json(&[args, &many, &["--reason", "all of them", "--yes"]].concat())?;
        let job_id = begun["batchJobId"].as_str().context("a batch")?.to_owned();
        eventually("the batch is done", || {
            let described = host.json(&["batch", "describe", "--job-id", &job_id])?;
            Ok((described["state"] == "BATCH_OPERATION_STATE_COMPLETED").then_some(described))
        })
    };
    let signaled = batch(&["workflow", "signal", "--name", "go", "--input", "7"])?;
    assert_eq!(signaled["completeOperationCount"], "2", "{signaled}");
    assert_eq!(signaled["reason"], "all of them", "{signaled}");
    assert_eq!(order::result(&host, "many-1")?, "7");
    assert_eq!(order::result(&host, "many-2")?, "7");
    batch(&["workflow", "reset", "--type", "first", "--reapply-exclude", "all"])?;
    batch(&["workflow", "terminate"])?;
    let terminated = "WorkflowId STARTS_WITH 'many-' AND ExecutionStatus = 'Terminated'";
    let count = host.json(&["workflow", "count", "--query", terminated])?;
    assert_eq!(count["count"], "2", "the runs that the reset began: {count}");
    batch(&["workflow", "delete"])?;
    let left = host.json(&["workflow", "list"])?;
    assert_eq!(left.as_array().map(Vec::len), Some(1), "{left}");

    let listed = host.cli(&["batch", "list"])?;
    assert_eq!(listed.matches("Completed").count(), 4, "{listed}");
    let nobody = host.try_cli(&["batch", "terminate", "--job-id", "nobody", "--reason", "r"])?;
    assert_eq!(nobody.code, Some(1), "{nobody:?}");
    Ok(())
}
