//! Stopping in order, and starting where it was left.

use crate::client::{Client, runtime};
use crate::common::{BENCH, deploy_bench, directory, status, task_failure, temporal};
use anyhow::{Context, Result};
use refrain_e2e::host::{binary, eventually};
use refrain_e2e::{Host, order};
use std::time::{Duration, Instant};

/// Less than any long poll lasts, and less than the host waits for what does not end.
const STOP_AT_MOST: Duration = Duration::from_secs(5);

#[test]
fn sigterm_stops_in_order_long_polls_end_and_the_next_start_goes_on() -> Result<()> {
    let mut host = Host::start(&directory("sigterm"), &[])?;
    deploy_bench(&host)?;
    let runtime = runtime()?;
    let client = runtime.block_on(async { Client::new(&host.address()) })?;
    runtime.block_on(client.start("waits", "wait-signal", BENCH, &[], "start"))?;

    // One waits for the end of a run, one for an activity.
    let long = Duration::from_secs(60);
    let (for_end, for_task) = (client.clone(), client.clone());
    let waits_for_end = runtime.spawn(async move { for_end.wait_for_end("waits", long).await });
    let waits_for_task =
        runtime.spawn(async move { for_task.poll_activity("nobody-schedules-here", long).await });
    // A call that came after them is answered: so they are there.
    runtime.block_on(client.describe("waits"))?;

    let began = Instant::now();
    assert_eq!(host.stop()?, Some(0), "{}", host.log()?);
    assert!(began.elapsed() < STOP_AT_MOST, "it took {:?}", began.elapsed());
    for ended in [
        runtime.block_on(waits_for_end)?.map(|event| event.is_none()),
        runtime.block_on(waits_for_task)?.map(|task| task.task_token.is_empty()),
    ] {
        match ended {
            Ok(is_empty) => assert!(is_empty, "nothing came, and nothing was made up"),
            Err(status) => assert_eq!(status.code(), tonic::Code::Unavailable, "{status}"),
        }
    }

    host.start_again()?;
    let payload = crate::client::json(&serde_json::json!("hello"));
    runtime.block_on(client.signal("waits", "go", &[payload], "signal"))?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "waits"])?;
    assert_eq!(result.trim(), "\"hello\"");
    Ok(())
}

#[test]
fn sigterm_during_work_loses_nothing_that_was_acknowledged() -> Result<()> {
    let mut host = Host::start(&directory("sigterm-busy"), &[])?;
    deploy_bench(&host)?;
    let runtime = runtime()?;
    let client = runtime.block_on(async { Client::new(&host.address()) })?;
    let starting = client.clone();
    let acknowledged = runtime.spawn(async move {
        let mut n_acknowledged = 0;
        let input = [crate::client::json(&serde_json::json!(3))];
        for nth in 0..10_000 {
            let id = format!("run-{nth}");
            if starting.start(&id, "sequence", BENCH, &input, &id).await.is_err() {
                break;
            }
            n_acknowledged += 1;
        }
        n_acknowledged
    });
    eventually("there is work", || Ok((runtime.block_on(client.count(""))? > 20).then_some(())))?;
    assert_eq!(host.stop()?, Some(0), "{}", host.log()?);
    let n_acknowledged: i64 = runtime.block_on(acknowledged)?;
    host.start_again()?;
    eventually("all runs complete", || {
        let n_completed = runtime.block_on(client.count("ExecutionStatus = 'Completed'"))?;
        let n_all = runtime.block_on(client.count(""))?;
        // One more may have been committed whose answer was lost.
        assert!((n_acknowledged..=n_acknowledged + 1).contains(&n_all), "{n_all} runs");
        Ok((n_completed == n_all).then_some(()))
    })
}

/// To replay a run, the host needs its component compiled. So a place for compiled components that
/// stays empty tells that no run was replayed.
#[test]
fn a_host_that_starts_on_existing_runs_replays_none_of_them() -> Result<()> {
    const N_RUNS: i64 = 100;
    let directory = directory("start-replays-nothing");
    let cache = directory.join("cache");
    let mut host = Host::start(&directory, &["--cache-dir", &cache.to_string_lossy()])?;
    order::deploy_guest(&host, "rust/bench", BENCH)?;
    let runtime = runtime()?;
    let client = runtime.block_on(async { Client::new(&host.address()) })?;
    runtime.block_on(async {
        for nth in 0..N_RUNS {
            let id = format!("run-{nth}");
            client.start(&id, "wait-signal", BENCH, &[], &id).await?;
        }
        Ok::<_, tonic::Status>(())
    })?;
    host.kill()?;
    std::fs::remove_dir_all(&cache)?;
    host.start_again()?;

    let state = ["workflow", "state", "--workflow-id", "run-0"];
    assert!(host.cli(&state)?.contains("waiting"), "what a run published is there without it");
    assert_eq!(runtime.block_on(client.count("ExecutionStatus = 'Running'"))?, N_RUNS);
    let n_compiled = || anyhow::Ok(std::fs::read_dir(&cache)?.count());
    assert_eq!(n_compiled()?, 0, "nothing was replayed");
    let payload = crate::client::json(&serde_json::json!("hello"));
    runtime.block_on(client.signal("run-0", "go", &[payload], "signal"))?;
    host.cli(&["workflow", "result", "--workflow-id", "run-0"])?;
    assert!(n_compiled()? > 0, "a run was replayed when something came for it");
    Ok(())
}

#[test]
fn a_run_takes_as_many_signals_as_its_host_was_told() -> Result<()> {
    let host = Host::start(&directory("limits"), &["--limit", "signals=2"])?;
    deploy_bench(&host)?;
    host.cli(&["workflow", "start", "-w", "waits", "--type", "wait-signal", "-t", BENCH])?;
    let signal = ["workflow", "signal", "-w", "waits", "--name", "not-awaited"];
    host.cli(&signal)?;
    host.cli(&signal)?;
    let third = host.try_cli(&signal)?;
    let reason = "exceeded workflow execution limit for signal events: the run has 2";
    assert!(third.stderr.contains(reason), "{}", third.stderr);
    assert_eq!(host.event_types("waits")?.iter().filter(|it| it.ends_with("SIGNALED")).count(), 2);

    let unknown = binary(&["server", "start-dev", "--limit", "signal=2"])?;
    assert_eq!(unknown.code, Some(2), "{}", unknown.stderr);
    assert!(unknown.stderr.contains("`signal` is no limit, expected one of"), "{}", unknown.stderr);
    Ok(())
}

#[test]
fn a_run_with_too_long_a_history_and_one_with_too_much_open_are_told_as_temporal_tells_it()
-> Result<()> {
    let flags = ["--limit", "history-events=30", "--limit", "pending-activities=3"];
    let host = Host::start(&directory("hard-limits"), &flags)?;
    deploy_bench(&host)?;
    let start = |id: &str, kind: &str, n: &str| {
        host.cli(&["workflow", "start", "-w", id, "--type", kind, "-t", BENCH, "--input", n])
    };

    start("long", "sequence", "100")?;
    let said = host.try_cli(&["workflow", "result", "-w", "long"])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    let history = host.history("long")?;
    let last = history.last().context("events")?;
    let told = &last["workflowExecutionTerminatedEventAttributes"];
    assert_eq!(told["reason"], "Workflow history count exceeds limit.", "{last}");
    // The task that would go beyond it is the last.
    assert!((30..=33).contains(&history.len()), "{} events", history.len());
    assert_eq!(status(&host, "long")?, "WORKFLOW_EXECUTION_STATUS_TERMINATED");
    let shown = temporal(&host, &["workflow", "show", "--workflow-id", "long"])?;
    assert!(shown.contains("WorkflowExecutionTerminated"), "{shown}");

    start("wide", "parallel", "4")?;
    let failed = task_failure(&host, "wide")?;
    let cause = "WORKFLOW_TASK_FAILED_CAUSE_PENDING_ACTIVITIES_LIMIT_EXCEEDED";
    assert_eq!(failed["cause"], cause, "{failed}");
    let message = failed["failure"]["message"].as_str().unwrap_or_default();
    assert!(message.contains("pending activities"), "{message}");
    assert_eq!(status(&host, "wide")?, "WORKFLOW_EXECUTION_STATUS_RUNNING");
    let types = host.event_types("wide")?;
    assert!(!types.iter().any(|it| it == "ACTIVITY_TASK_SCHEDULED"), "all or none: {types:?}");
    start("fits", "parallel", "3")?;
    assert_eq!(order::result(&host, "fits")?, "3");
    Ok(())
}
