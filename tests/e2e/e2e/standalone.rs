//! Activities without a workflow, from the command line, on a host that is killed in between; and what
//! an operator has set for their task queue.

use crate::common::{directory, temporal, temporal_json, try_temporal};
use anyhow::{Context, Result};
use refrain_e2e::Host;
use serde_json::Value;

/// Nobody works here, but this test.
const QUEUE: &str = "cards";

fn start(host: &Host, id: &str) -> Result<String> {
    let args =
        ["activity", "start", "--activity-id", id, "--type", "charge", "--task-queue", QUEUE];
    host.cli(&[&args[..], &["--start-to-close-timeout", "1h", "--input", "42"]].concat())
}

fn status(host: &Host, id: &str) -> Result<Value> {
    let described = host.json(&["activity", "describe", "--activity-id", id])?;
    Ok(described["info"]["status"].clone())
}

#[test]
fn open_activities_without_a_workflow_and_limits_of_queues_survive_a_kill() -> Result<()> {
    let mut host = Host::start(&directory("standalone"), &[])?;
    for id in ["completed", "failed", "canceled", "terminated", "deleted"] {
        start(&host, id)?;
    }
    let queue = ["--task-queue", QUEUE];
    let set = ["task-queue", "config", "set", "--queue-rps-limit", "500"];
    host.cli(&[&set[..], &queue, &["--queue-rps-limit-reason", "the bank is slow"]].concat())?;
    let get = [&["task-queue", "config", "get"][..], &queue].concat();
    let before = host.cli(&get)?;
    assert!(before.contains("500") && before.contains("the bank is slow"), "{before}");

    host.kill()?;
    host.start_again()?;
    assert_eq!(host.cli(&get)?, before);
    let args =
        ["task-queue", "config", "get", "--task-queue-type", "activity", "--task-queue", QUEUE];
    let seen = temporal(&host, &args)?;
    assert!(seen.contains("500"), "{seen}");
    assert_eq!(host.cli(&["activity", "count", "-q", "ExecutionStatus='Running'"])?.trim(), "5");
    assert_eq!(status(&host, "completed")?, "ACTIVITY_EXECUTION_STATUS_RUNNING");

    start(&host, "paused")?;
    temporal(&host, &["activity", "pause", "--activity-id", "paused"])?;
    assert_eq!(status(&host, "paused")?, "ACTIVITY_EXECUTION_STATUS_PAUSED");
    let found = |status: &str| {
        let query = format!("ExecutionStatus='{status}'");
        temporal(&host, &["activity", "count", "-q", &query])
    };
    assert_eq!((found("Paused")?.trim(), found("Running")?.trim()), ("Total: 1", "Total: 5"));
    let groups = temporal(&host, &["activity", "count", "-q", "GROUP BY ExecutionStatus"])?;
    assert!(groups.contains("Group total: 1, values: Paused"), "{groups}");

    host.cli(&["activity", "complete", "--activity-id", "completed", "--result", "\"paid\""])?;
    assert_eq!(host.cli(&["activity", "result", "--activity-id", "completed"])?.trim(), "\"paid\"");
    let result = temporal(&host, &["activity", "result", "--activity-id", "completed"])?;
    assert!(result.contains("paid"), "{result}");
    host.cli(&["activity", "cancel", "--activity-id", "canceled", "--reason", "enough"])?;
    host.cli(&["activity", "terminate", "--activity-id", "terminated", "--reason", "for good"])?;
    host.cli(&["activity", "delete", "--activity-id", "deleted"])?;
    let gone = host.try_cli(&["activity", "describe", "--activity-id", "deleted"])?;
    assert_eq!(gone.code, Some(1), "{}", gone.stderr);
    let ended = host.try_cli(&["activity", "result", "--activity-id", "terminated"])?;
    assert_eq!(ended.code, Some(1));
    assert!(ended.stderr.contains("for good"), "{}", ended.stderr);
    assert_eq!(
        try_temporal(&host, &["activity", "result", "--activity-id", "terminated"])?.code,
        Some(1)
    );

    host.kill()?;
    host.start_again()?;
    let listed = temporal_json(&host, &["activity", "list"])?;
    let mut listed: Vec<String> = listed
        .as_array()
        .context("a list")?
        .iter()
        .map(|it| format!("{} {}", it["activityId"], it["status"]).replace('"', ""))
        .collect();
    listed.sort();
    let prefix = "ACTIVITY_EXECUTION_STATUS_";
    let listed = listed.join(", ").replace(prefix, "");
    assert_eq!(
        listed,
        "canceled CANCELED, completed COMPLETED, failed RUNNING, paused PAUSED, terminated TERMINATED"
    );
    let listed = host.cli(&["activity", "list"])?;
    assert!(listed.contains("Terminated  terminated   charge"), "{listed}");
    let described = host.cli(&["activity", "describe", "--activity-id", "canceled"])?;
    assert!(described.contains("enough"), "{described}");
    Ok(())
}
