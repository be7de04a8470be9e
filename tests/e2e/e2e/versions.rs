//! Components as Temporal's command line sees them: versions of a Worker Deployment, which runs are
//! found by, moved to and reset to.

use crate::common::{directory, temporal, temporal_json, try_temporal};
use crate::upgrade::{QUEUE, bring_to, end};
use anyhow::{Context, Result};
use refrain_e2e::host::{Said, eventually};
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

fn update_options(host: &Host, which: [&str; 2], behavior: &str, build_id: &str) -> Result<Said> {
    let over = over_flags(behavior, build_id);
    try_temporal(host, &[&["workflow", "update-options"], &which_flags(&which)[..], &over].concat())
}

/// Which runs. Of many, Temporal's command line asks first.
fn which_flags<'a>(which: &[&'a str; 2]) -> Vec<&'a str> {
    let yes = if which[0] == "--query" { &["--yes"][..] } else { &[] };
    [&which[..], yes].concat()
}

/// The version that they are to be on.
fn over_flags<'a>(behavior: &'a str, build_id: &'a str) -> Vec<&'a str> {
    let mut flags = vec!["--versioning-override-behavior", behavior];
    if !build_id.is_empty() {
        flags.extend(["--versioning-override-deployment-name", QUEUE]);
        flags.extend(["--versioning-override-build-id", build_id]);
    }
    flags
}

/// The versions that its workflow tasks ran on, each once in a row, and its overrides.
fn story(host: &Host, id: &str) -> Result<String> {
    let shown = temporal_json(host, &["workflow", "show", "--workflow-id", id])?;
    let mut story: Vec<String> = Vec::new();
    for event in shown["events"].as_array().context("events")? {
        let on = &event["workflowTaskCompletedEventAttributes"]["deploymentVersion"]["buildId"];
        if let Some(on) = on.as_str() {
            let on = format!("on {}", &on[..8]);
            if story.last() != Some(&on) {
                story.push(on);
            }
        }
        let updated = &event["workflowExecutionOptionsUpdatedEventAttributes"];
        if updated.is_object() {
            assert_eq!(event["workerMayIgnore"], true, "{event}");
            let over = &updated["versioningOverride"];
            let to = |it: &Value| it["buildId"].as_str().unwrap_or_default()[..8].to_owned();
            story.push(
                match (&over["pinned"]["version"], &over["oneTime"], &over["autoUpgrade"]) {
                    (pinned, _, _) if pinned.is_object() => format!("pinned {}", to(pinned)),
                    (_, once, _) if once.is_object() => {
                        format!("once {}", to(&once["targetDeploymentVersion"]))
                    }
                    (_, _, Value::Bool(true)) => "follows".to_owned(),
                    _ if updated["unsetVersioningOverride"] == true => "free".to_owned(),
                    _ => format!("{updated}"),
                },
            );
        }
    }
    Ok(story.join(", "))
}

#[test]
fn runs_are_moved_by_their_options_and_follow_what_is_deployed_if_they_fit() -> Result<()> {
    let host = Host::start(&directory("update-options"), &[])?;
    order::deploy_guest(&host, "rust/order-activities", QUEUE)?;
    let old = deploy(&host, 1, &[])?;
    for id in ["pinned", "follows", "batch-1", "batch-2"] {
        bring_to(&host, id, &[])?;
    }
    bring_to(&host, "unfit", &["approve", "pack"])?;
    assert_eq!(update_options(&host, ["-w", "follows"], "auto_upgrade", "")?.code, Some(0));
    assert_eq!(update_options(&host, ["-w", "unfit"], "auto_upgrade", "")?.code, Some(0));
    let behavior = "TemporalWorkflowVersioningBehavior = 'AutoUpgrade'";
    assert_eq!(count(&host, behavior)?, "2");
    let new = deploy(&host, 2, &[])?;

    // To the new one and back, while nothing happens to it.
    for to in [&new, &old, &new] {
        let said = update_options(&host, ["-w", "pinned"], "pinned", to)?;
        assert_eq!(said.code, Some(0), "{said:?}");
    }
    let versioning = info(&host, "pinned")?["versioningInfo"].clone();
    assert_eq!(versioning["deploymentVersion"]["buildId"], *new);
    let pinned = &versioning["versioningOverride"]["pinned"]["version"];
    assert_eq!(
        (&pinned["buildId"], &pinned["deploymentName"]),
        (&new.as_str().into(), &QUEUE.into())
    );
    assert_eq!(update_options(&host, ["-w", "pinned"], "unspecified", "")?.code, Some(0));
    assert_eq!(count(&host, &format!("BuildIds = 'unversioned:{old}'"))?, "5");
    assert!(end(&host, "pinned", &["approve", "pack", "ship"])?.contains("version 2"));
    let (o, n) = (&old[..8], &new[..8]);
    assert_eq!(
        story(&host, "pinned")?,
        format!("on {o}, pinned {n}, pinned {o}, pinned {n}, free, on {n}")
    );

    // What does not fit stays, and says so.
    let said = update_options(&host, ["-w", "unfit"], "pinned", &new)?;
    assert_eq!(said.code, Some(1));
    assert!(said.stderr.contains("diverged from history at event"), "{said:?}");
    let said = update_options(&host, ["-w", "unfit"], "pinned", &"0".repeat(64))?;
    assert!(said.stderr.contains("is not present in task queue 'upgrades'"), "{said:?}");
    for (id, version) in [("follows", 2), ("unfit", 1)] {
        let signals = ["approve", "pack", "ship"];
        let left = if id == "unfit" { &signals[2..] } else { &signals };
        assert!(end(&host, id, left)?.contains(&format!("version {version}")), "{id}");
    }
    assert_eq!(story(&host, "follows")?, format!("on {o}, follows, on {n}"));
    assert_eq!(story(&host, "unfit")?, format!("on {o}, follows, on {o}"));

    // Many at once.
    let query = ["--query", "WorkflowId STARTS_WITH 'batch'"];
    assert_eq!(update_options(&host, query, "one_time", &new)?.code, Some(0));
    let done = batch(&host)?;
    assert_eq!(done["operationType"], "BATCH_OPERATION_TYPE_UPDATE_WORKFLOW_EXECUTION_OPTIONS");
    assert_eq!(
        (&done["completeOperationCount"], &done["state"]),
        (&"2".into(), &"BATCH_OPERATION_STATE_COMPLETED".into())
    );
    assert!(info(&host, "batch-1")?["versioningInfo"]["versioningOverride"].is_null());
    assert!(end(&host, "batch-1", &["approve", "pack", "ship"])?.contains("version 2"));
    assert_eq!(story(&host, "batch-1")?, format!("on {o}, once {n}, on {n}"));
    let listed = host.cli(&["workflow", "show", "--workflow-id", "batch-1"])?;
    assert!(listed.to_lowercase().contains("options"), "{listed}");
    Ok(())
}

fn reset_with_options(
    host: &Host,
    which: [&str; 2],
    behavior: &str,
    build_id: &str,
) -> Result<Said> {
    let reset = ["workflow", "reset", "--type", "FirstWorkflowTask", "--reason", "again"];
    let (which, over) = (which_flags(&which), over_flags(behavior, build_id));
    try_temporal(host, &[&reset[..], &which, &["with-workflow-update-options"], &over].concat())
}

#[test]
fn a_reset_puts_runs_on_a_version_alone_and_in_batches_and_they_stay_there() -> Result<()> {
    let host = Host::start(&directory("reset-onto"), &[])?;
    order::deploy_guest(&host, "rust/order-activities", QUEUE)?;
    let old = deploy(&host, 1, &[])?;
    for id in ["alone", "batch-1", "batch-2", "ours"] {
        bring_to(&host, id, &[])?;
        assert_eq!(update_options(&host, ["-w", id], "pinned", &old)?.code, Some(0));
    }
    let new = deploy(&host, 2, &[])?;
    let (o, n) = (&old[..8], &new[..8]);

    let said = reset_with_options(&host, ["-w", "alone"], "pinned", &new)?;
    assert_eq!(said.code, Some(0), "{said:?}");
    assert_eq!(story(&host, "alone")?, format!("pinned {o}, pinned {n}, on {n}"));
    let said = reset_with_options(&host, ["-w", "alone"], "pinned", &"0".repeat(64))?;
    assert!(said.stderr.contains("is not present in task queue 'upgrades'"), "{said:?}");
    let described = host.cli(&["workflow", "describe", "--workflow-id", "alone"])?;
    assert!(described.contains(&format!("pinned to: {}", &new[..12])), "{described}");

    let query = ["--query", "WorkflowId STARTS_WITH 'batch' AND ExecutionStatus = 'Running'"];
    assert_eq!(reset_with_options(&host, query, "auto_upgrade", "")?.code, Some(0));
    assert_eq!(batch(&host)?["completeOperationCount"], "2");
    assert_eq!(story(&host, "batch-1")?, format!("pinned {o}, follows, on {n}"));

    // Our own command line: by name, for once.
    let reset = ["workflow", "reset", "--workflow-id", "ours"];
    let onto = ["--version", "patched-upgrade-v2"];
    let said = host.try_cli(&[&reset[..], &onto].concat())?;
    assert!(said.code == Some(2) && said.stderr.contains("--type <TASK>"), "{said:?}");
    host.cli(&[&reset[..], &["--type", "first"], &onto].concat())?;
    assert_eq!(story(&host, "ours")?, format!("pinned {o}, once {n}, on {n}"));
    host.cli(&[&reset[..], &["--type", "first", "--version", "current"]].concat())?;
    assert!(story(&host, "ours")?.ends_with(&format!("once {n}, on {n}")));
    for id in ["alone", "batch-2", "ours"] {
        assert!(end(&host, id, &["approve", "pack", "ship"])?.contains("version 2"), "{id}");
    }
    Ok(())
}
