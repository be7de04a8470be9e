//! Components as Temporal's command line sees them: versions of a Worker Deployment, which runs are
//! found by, moved to and reset to.

use crate::common::{directory, temporal, temporal_json};
use crate::upgrade::{QUEUE, bring_to, end};
use anyhow::{Context, Result};
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order, paths};
use serde_json::Value;

/// Deploys it; `flags` beside the queue. Returns its build id.
fn deploy(host: &Host, version: u32, flags: &[&str]) -> Result<String> {
    let path = paths::guest(&format!("rust/patched-upgrade-v{version}"))?;
    let path = path.to_string_lossy();
    host.cli(&[&["deploy", &path, "--task-queue", QUEUE], flags].concat())?;
    let described =
        host.json(&["component", "describe", &format!("patched-upgrade-v{version}")])?;
    Ok(described["digest"].as_str().context("a digest")?.trim_start_matches("sha256:").to_owned())
}

fn info(host: &Host, id: &str) -> Result<Value> {
    let described = temporal_json(host, &["workflow", "describe", "--workflow-id", id])?;
    Ok(described["workflowExecutionInfo"].clone())
}

fn count(host: &Host, query: &str) -> Result<String> {
    let counted = temporal(host, &["workflow", "count", "--query", query])?;
    Ok(counted.trim().trim_start_matches("Total: ").to_owned())
}

/// The last batch, once it is done.
fn batch(host: &Host) -> Result<Value> {
    let listed = temporal_json(host, &["batch", "list"])?;
    let job = listed[0]["jobId"].as_str().context("a batch")?.to_owned();
    eventually("the batch is done", || {
        let batch = temporal_json(host, &["batch", "describe", "--job-id", &job])?;
        Ok((batch["state"] != "BATCH_OPERATION_STATE_RUNNING").then_some(batch))
    })
}

#[test]
fn a_run_is_found_by_its_build_id_and_goes_back_to_where_a_build_id_began() -> Result<()> {
    let host = Host::start(&directory("build-ids"), &[])?;
    order::deploy_guest(&host, "rust/order-activities", QUEUE)?;
    let old = deploy(&host, 1, &[])?;
    bring_to(&host, "moves", &["approve"])?;
    bring_to(&host, "stays", &["approve", "pack"])?;
    let new = deploy(&host, 2, &["--move"])?;
    host.cli(&["workflow", "signal", "--workflow-id", "moves", "--name", "pack"])?;
    let points = eventually("a task has run on the new component", || {
        let points = info(&host, "moves")?["autoResetPoints"]["points"].clone();
        Ok((points.as_array().map(Vec::len) == Some(2)).then_some(points))
    })?;
    let ids: Vec<_> = (0..2).map(|nth| points[nth]["buildId"].as_str()).collect();
    assert_eq!(ids, [Some(old.as_str()), Some(new.as_str())]);
    assert_eq!(points[0]["firstWorkflowTaskCompletedId"], "4");

    let version = format!("TemporalWorkerDeploymentVersion = '{QUEUE}:{new}'");
    for (query, n) in [
        (version.as_str(), "1"),
        (&format!("BuildIds = 'pinned:{QUEUE}:{old}'"), "1"),
        (&format!("BuildIds = 'unversioned:{old}'"), "2"),
        (&format!("TemporalUsedWorkerDeploymentVersions IN ('{QUEUE}:{new}')"), "1"),
        (&format!("TemporalWorkerDeployment = '{QUEUE}' AND ExecutionStatus = 'Running'"), "2"),
        ("TemporalWorkflowVersioningBehavior = 'Pinned'", "2"),
        ("TemporalWorkflowVersioningBehavior = 'AutoUpgrade'", "0"),
    ] {
        assert_eq!(count(&host, query)?, n, "{query}");
    }
    let listed = host.cli(&["workflow", "list", "--query", &version])?;
    assert!(listed.contains("moves") && !listed.contains("stays"), "{listed}");
    let attributes = info(&host, "moves")?["searchAttributes"]["indexedFields"].clone();
    assert!(attributes["BuildIds"].is_object(), "{attributes}");

    let reset = |id: &str, build_id: &str| {
        let query = format!("WorkflowId = '{id}'");
        let args = ["workflow", "reset", "--query", &query, "--type", "BuildId", "--yes"];
        let args = [&args[..], &["--build-id", build_id, "--reason", "wrong build"]].concat();
        temporal(&host, &args)?;
        batch(&host)
    };
    let before = info(&host, "moves")?["execution"]["runId"].clone();
    let done = reset("moves", &new)?;
    assert_eq!(done["completeOperationCount"], "1", "{done}");
    let after = info(&host, "moves")?["execution"]["runId"].clone();
    assert_ne!(before, after);
    let failed = reset("stays", &new)?;
    assert_eq!(
        (&failed["failureOperationCount"], &failed["state"]),
        (&"1".into(), &"BATCH_OPERATION_STATE_COMPLETED".into())
    );
    // The signal that the first task on the new component had seen comes again.
    let shown = temporal_json(&host, &["workflow", "show", "--workflow-id", "moves"])?;
    let events = shown["events"].as_array().context("events")?;
    let reset_at =
        events.iter().position(|it| it["eventType"] == "EVENT_TYPE_WORKFLOW_TASK_FAILED");
    let point = points[1]["firstWorkflowTaskCompletedId"].as_str().context("an event")?;
    assert_eq!(reset_at.map(|it| (it + 1).to_string()).as_deref(), Some(point));
    assert!(end(&host, "moves", &["ship"])?.contains("version 2"));
    assert!(end(&host, "stays", &["ship"])?.contains("version 1"));
    Ok(())
}
