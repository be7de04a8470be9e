//! One activity with all that may happen to it, on Temporal's own workers.

use crate::common::{Python, directory, python, temporal, temporal_json, typescript};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::{eventually, output};
use refrain_e2e::{Host, order};
use serde_json::{Value, json};
use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;

pub(crate) const QUEUE: &str = "errands";
const ID: &str = "errand";

/// A host, and the outside that its workers ask.
pub(crate) struct Stage {
    pub(crate) host: Host,
    directory: PathBuf,
    outside: PathBuf,
}

impl Stage {
    pub(crate) fn new(name: &str, guest: &str) -> Result<Stage> {
        let directory = directory(name);
        let outside = directory.join("outside");
        std::fs::create_dir_all(&outside)?;
        let host = Host::start(&directory, &[])?;
        order::deploy_guest(&host, guest, QUEUE)?;
        Ok(Stage { host, directory, outside })
    }

    /// A worker in one language, ready to work.
    pub(crate) fn worker(&self, language: &str, flags: &[&str]) -> Result<Python> {
        self.worker_at(&self.host.address(), language, flags)
    }

    pub(crate) fn worker_at(
        &self,
        address: &str,
        language: &str,
        flags: &[&str],
    ) -> Result<Python> {
        let mut command = match language {
            "python" => python("errand_worker")?,
            _ => typescript("errand_worker")?,
        };
        command.args(["--address", address, "--task-queue", QUEUE, "--outside"]);
        command.arg(&self.outside).args(flags);
        let mut worker = Python::run(&self.directory, &format!("{language}-worker"), command)?;
        worker.wait_for("ready")?;
        Ok(worker)
    }

    /// Something happens to a parcel.
    pub(crate) fn happens(&self, parcel: &str, what: &str) -> Result<()> {
        let mut file =
            OpenOptions::new().create(true).append(true).open(self.outside.join(parcel))?;
        Ok(file.write_all(format!("{what}\n").as_bytes())?)
    }

    pub(crate) fn start(&self, id: &str, workflow_type: &str, input: &Value) -> Result<()> {
        let input = input.to_string();
        let start = ["workflow", "start", "--workflow-id", id, "--task-queue", QUEUE];
        self.host
            .cli(&[&start[..], &["--type", workflow_type, "--input", &input]].concat())
            .map(drop)
    }

    fn errand(&self, errand: &Value) -> Result<()> {
        self.start(ID, "errand", errand)
    }

    fn result(&self) -> Result<Value> {
        Ok(serde_json::from_str(&order::result(&self.host, ID)?)?)
    }

    /// The failed run's words.
    fn failure(&self) -> Result<String> {
        let said = self.host.try_cli(&["workflow", "result", "--workflow-id", ID])?;
        assert_eq!(said.code, Some(1), "{said:?}");
        Ok(said.stderr)
    }

    /// The pending activity as Temporal's own command line shows it, once it is as wanted.
    pub(crate) fn pending(&self, id: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let mut last = Value::Null;
        let describe = ["workflow", "describe", "--workflow-id", id];
        let found = eventually("the pending activity is as wanted", || {
            last = temporal_json(&self.host, &describe)?["pendingActivities"][0].take();
            Ok(wanted(&last).then(|| last.clone()))
        });
        found.with_context(|| last.to_string())
    }

    /// `temporal activity <command>` on the errand's only activity.
    fn operate(&self, command: &str, flags: &[&str]) -> Result<String> {
        let of = ["activity", command, "--workflow-id", ID, "--activity-id", "only"];
        temporal(&self.host, &[&of[..], flags].concat())
    }

    /// The last event whose attributes have this name.
    fn event(&self, attributes: &str) -> Result<Value> {
        let history = self.host.history(ID)?;
        let found = history.iter().rev().find_map(|it| it.get(attributes)).cloned();
        found.with_context(|| format!("no {attributes} in {history:?}"))
    }
}

fn watch(parcel: &str, more: Value) -> Value {
    let mut errand = json!({
        "activity": "watch", "args": [parcel], "activityId": "only",
        "startToCloseMs": 600_000, "heartbeatMs": 5_000, "retryMs": 50,
    });
    for (name, value) in more.as_object().into_iter().flatten() {
        errand[name] = value.clone();
    }
    errand
}

/// `fail` with a policy that would wait an hour.
fn fails(kind: &str, times: u32, non_retryable: bool, next_delay_ms: Option<u32>) -> Value {
    json!({
        "activity": "fail", "args": [kind, times, non_retryable, next_delay_ms],
        "activityId": "only", "startToCloseMs": 60_000, "retryMs": 3_600_000,
    })
}

// What operators do.

fn pause_and_unpause(guest: &str, worker: &str) -> Result<()> {
    let stage = Stage::new(&format!("errand-pause-{worker}"), guest)?;
    let mut worker = stage.worker(worker, &[])?;
    stage.errand(&watch("parcel", json!({})))?;
    stage.happens("parcel", "on its way")?;
    worker.wait_for("parcel on its way")?;
    stage.pending(ID, |it| it["heartbeatDetails"] == json!([1]))?;

    stage.operate("pause", &["--reason", "strike", "--identity", "boss"])?;
    // A running attempt learns of it with its next heartbeat, and ends.
    worker.wait_for("watch parcel stopped: paused")?;
    let paused = stage.pending(ID, |it| it["state"] == "PENDING_ACTIVITY_STATE_PAUSED")?;
    assert_eq!(paused["paused"], true, "{paused}");
    assert_eq!(paused["pauseInfo"]["manual"]["identity"], "boss", "{paused}");
    assert_eq!(paused["pauseInfo"]["manual"]["reason"], "strike", "{paused}");
    assert_eq!(paused["heartbeatDetails"], json!([1]), "{paused}");
    stage.happens("parcel", "delivered")?;

    stage.operate("unpause", &[])?;
    assert_eq!(stage.result()?, json!("parcel after 2"));
    let said = worker.said()?;
    assert!(said.ends_with("attempt 2 from 1\nparcel delivered\n"), "{said}");
    Ok(())
}

#[test]
fn a_paused_activity_stops_and_goes_on_from_its_heartbeat_in_python() -> Result<()> {
    pause_and_unpause("rust/bench", "python")
}

#[test]
fn a_paused_activity_stops_and_goes_on_from_its_heartbeat_in_typescript() -> Result<()> {
    pause_and_unpause("typescript/bench", "typescript")
}

fn reset(guest: &str, worker: &str) -> Result<()> {
    let stage = Stage::new(&format!("errand-reset-{worker}"), guest)?;
    let mut worker = stage.worker(worker, &[])?;
    stage.errand(&watch("parcel", json!({})))?;
    stage.happens("parcel", "on its way")?;
    worker.wait_for("parcel on its way")?;
    stage.pending(ID, |it| it["heartbeatDetails"] == json!([1]))?;
    stage.operate("reset", &["--clear-heartbeat-details"])?;
    worker.wait_for("watch parcel stopped: reset")?;
    // The first attempt again, from the beginning.
    eventually("it begins again", || {
        Ok((worker.count("watch parcel attempt 1 from 0")? == 2).then_some(()))
    })?;
    stage.happens("parcel", "delivered")?;
    assert_eq!(stage.result()?, json!("parcel after 2"));
    assert_eq!(stage.event("activityTaskStartedEventAttributes")?["attempt"], 1);
    Ok(())
}

#[test]
fn an_activity_that_is_reset_begins_again_in_python() -> Result<()> {
    reset("typescript/bench", "python")
}

#[test]
fn an_activity_that_is_reset_begins_again_in_typescript() -> Result<()> {
    reset("rust/bench", "typescript")
}

#[test]
fn the_options_of_an_activity_that_backs_off_are_changed() -> Result<()> {
    let stage = Stage::new("errand-options", "rust/bench")?;
    let mut worker = stage.worker("python", &[])?;
    stage.errand(&fails("Broken", 100, false, None))?;
    worker.wait_for("fail attempt 1")?;
    let backs_off = stage.pending(ID, |it| it["attempt"] == 2)?;
    assert_eq!(backs_off["state"], "PENDING_ACTIVITY_STATE_SCHEDULED", "{backs_off}");
    assert_eq!(backs_off["lastFailure"]["message"], "attempt 1 fails", "{backs_off}");
    assert_eq!(backs_off["currentRetryInterval"], "3600s", "{backs_off}");
    stage.operate(
        "update-options",
        &["--retry-initial-interval", "10ms", "--retry-maximum-attempts", "3"],
    )?;
    // Its wait is the one of the new options; the third attempt is the last.
    let failure = stage.failure()?;
    assert!(failure.contains("attempt 3 fails"), "{failure}");
    assert_eq!(worker.count("fail attempt 3")?, 1);
    let failed = stage.event("activityTaskFailedEventAttributes")?;
    assert_eq!(failed["retryState"], "RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED");
    Ok(())
}

// Completion from elsewhere.

fn elsewhere(name: &str, worker: &str) -> Result<(Stage, String)> {
    let stage = Stage::new(name, "rust/bench")?;
    let worker = stage.worker(worker, &[])?;
    let errand = json!({
        "activity": "elsewhere", "activityId": "only", "startToCloseMs": 600_000,
        "heartbeatMs": 60_000, "whenCanceled": "wait",
    });
    stage.errand(&errand)?;
    let token = eventually("the activity is left to others", || {
        let said = worker.said()?;
        let token = said.lines().find_map(|it| it.strip_prefix("elsewhere attempt 1 token "));
        Ok(token.map(str::to_owned))
    })?;
    Ok((stage, token))
}

fn outside(stage: &Stage, which: &[&str], what: &[&str]) -> Result<String> {
    let mut command = python("complete_errand")?;
    let address = stage.host.address();
    command.args(["--address", &address]).args(which).args(what);
    output(&mut command)?.or_fail("complete_errand", what)
}

#[test]
fn an_activity_is_completed_by_its_token_after_a_heartbeat_by_it() -> Result<()> {
    for worker in ["python", "typescript"] {
        let (stage, token) = elsewhere(&format!("errand-token-{worker}"), worker)?;
        assert_eq!(outside(&stage, &["--token", &token], &["heartbeat", "half"])?, "go on\n");
        stage.pending(ID, |it| it["heartbeatDetails"] == json!(["half"]))?;
        outside(&stage, &["--token", &token], &["complete", "all"])?;
        assert_eq!(stage.result()?, json!("all"));
        let again = outside(&stage, &["--token", &token], &["complete", "twice"]);
        assert!(again.is_err(), "it is over: {again:?}");
    }
    Ok(())
}

#[test]
fn an_activity_is_failed_and_canceled_by_its_id() -> Result<()> {
    let by_id = ["--workflow-id", ID, "--activity-id", "only"];
    let (stage, _) = elsewhere("errand-fail-id", "python")?;
    outside(&stage, &by_id, &["fail", "nobody is at home"])?;
    assert!(stage.failure()?.contains("nobody is at home"));

    let (stage, _) = elsewhere("errand-cancel-id", "typescript")?;
    temporal(&stage.host, &["workflow", "cancel", "--workflow-id", ID])?;
    eventually("who works on it is told to stop", || {
        Ok((outside(&stage, &by_id, &["heartbeat", "1"])? == "stop: cancel_requested\n")
            .then_some(()))
    })?;
    outside(&stage, &by_id, &["cancel", "gone"])?;
    stage.host.cli(&["workflow", "signal", "--workflow-id", ID, "--name", "done"])?;
    let said = stage.host.try_cli(&["workflow", "result", "--workflow-id", ID])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    stage.event("activityTaskCanceledEventAttributes").map(drop)
}

#[test]
fn an_activity_is_completed_and_failed_by_temporals_command_line() -> Result<()> {
    let (stage, _) = elsewhere("errand-cli-complete", "python")?;
    stage.operate("complete", &["--result", "{\"by\":\"hand\"}"])?;
    assert_eq!(stage.result()?, json!({ "by": "hand" }));

    let (stage, _) = elsewhere("errand-cli-fail", "python")?;
    stage.operate("fail", &["--reason", "no stamps", "--detail", "7"])?;
    assert!(stage.failure()?.contains("no stamps"));
    Ok(())
}

// Cancellation.

/// What the worker of an activity is told, and what its workflow waits for.
fn cancels(guest: &str, worker: &str, how: &str) -> Result<Stage> {
    let stage = Stage::new(&format!("errand-{how}-{worker}"), guest)?;
    let mut worker = stage.worker(worker, &[])?;
    stage.errand(&watch("parcel", json!({ "whenCanceled": how })))?;
    worker.wait_for("watch parcel attempt 1 from 0")?;
    temporal(&stage.host, &["workflow", "cancel", "--workflow-id", ID])?;
    let published =
        || stage.host.cli(&["workflow", "query", "--workflow-id", ID, "--type", "state"]);
    if how == "abandon" {
        eventually("the program goes on", || Ok(published()?.contains("canceled").then_some(())))?;
        // Nobody tells the worker.
        stage.happens("parcel", "on its way")?;
        worker.wait_for("parcel on its way")?;
        stage.pending(ID, |it| it["heartbeatDetails"] == json!([1]))?;
        let pending = stage.pending(ID, |it| it["state"] == "PENDING_ACTIVITY_STATE_STARTED")?;
        assert_eq!(pending["attempt"], 1, "{pending}");
        assert!(!worker.said()?.contains("stopped"));
    } else {
        worker.wait_for("watch parcel stopped: cancel_requested")?;
        eventually("the program goes on", || Ok(published()?.contains("canceled").then_some(())))?;
    }
    stage.host.cli(&["workflow", "signal", "--workflow-id", ID, "--name", "done"])?;
    let said = stage.host.try_cli(&["workflow", "result", "--workflow-id", ID])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    Ok(stage)
}

fn kinds(stage: &Stage) -> Result<Vec<String>> {
    let types = stage.host.event_types(ID)?;
    Ok(types.into_iter().filter(|it| it.starts_with("ACTIVITY")).collect())
}

#[test]
fn a_workflow_that_waits_for_the_end_of_a_canceled_activity_sees_it_canceled() -> Result<()> {
    for (guest, worker) in [("rust/bench", "python"), ("typescript/bench", "typescript")] {
        let stage = cancels(guest, worker, "wait")?;
        let expected = ["SCHEDULED", "CANCEL_REQUESTED", "STARTED", "CANCELED"];
        assert_eq!(kinds(&stage)?, expected.map(|it| format!("ACTIVITY_TASK_{it}")));
    }
    Ok(())
}

#[test]
fn a_workflow_that_tries_to_cancel_an_activity_goes_on_at_once() -> Result<()> {
    for (guest, worker) in [("typescript/bench", "python"), ("rust/bench", "typescript")] {
        let stage = cancels(guest, worker, "try")?;
        let kinds = kinds(&stage)?;
        assert_eq!(kinds[..2], ["ACTIVITY_TASK_SCHEDULED", "ACTIVITY_TASK_CANCEL_REQUESTED"]);
    }
    Ok(())
}

#[test]
fn an_abandoned_activity_is_not_told_of_the_cancellation() -> Result<()> {
    for (guest, worker) in [("rust/bench", "python"), ("typescript/bench", "typescript")] {
        let stage = cancels(guest, worker, "abandon")?;
        assert_eq!(kinds(&stage)?, ["ACTIVITY_TASK_SCHEDULED"]);
    }
    Ok(())
}

// Timeouts and retries.

#[test]
fn each_of_the_four_time_limits_ends_an_activity() -> Result<()> {
    let stage = Stage::new("errand-timeouts", "rust/bench")?;
    // Nobody is there to take it.
    stage.errand(&watch("p", json!({ "scheduleToStartMs": 200 })))?;
    let timed_out = || -> Result<(String, String)> {
        stage.failure()?;
        let it = stage.event("activityTaskTimedOutEventAttributes")?;
        let frame = &it["failure"];
        let kind = frame["timeoutFailureInfo"]["timeoutType"].as_str().unwrap_or_default();
        let retry = it["retryState"].as_str().unwrap_or_default();
        let cause =
            frame["cause"]["timeoutFailureInfo"]["timeoutType"].as_str().unwrap_or_default();
        Ok((format!("{kind} {cause}").replace("TIMEOUT_TYPE_", ""), retry.to_owned()))
    };
    expect![[r#"
        (
            "SCHEDULE_TO_START ",
            "RETRY_STATE_TIMEOUT",
        )
    "#]]
    .assert_debug_eq(&timed_out()?);

    let worker = stage.worker("python", &[])?;
    let quiet = |more: Value| {
        let mut errand = watch("p", more);
        errand["args"] = json!(["p", true]);
        errand
    };
    stage.errand(&quiet(json!({ "startToCloseMs": 300, "heartbeatMs": null, "attempts": 2 })))?;
    expect![[r#"
        (
            "START_TO_CLOSE START_TO_CLOSE",
            "RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED",
        )
    "#]]
    .assert_debug_eq(&timed_out()?);
    assert_eq!(worker.count("watch p attempt 2 from 0")?, 1);

    stage.errand(&quiet(json!({ "heartbeatMs": 300, "attempts": 2 })))?;
    expect![[r#"
        (
            "HEARTBEAT HEARTBEAT",
            "RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED",
        )
    "#]]
    .assert_debug_eq(&timed_out()?);
    assert_eq!(worker.count("watch p attempt 2 from 0")?, 2);

    stage.errand(&quiet(json!({ "scheduleToCloseMs": 500, "heartbeatMs": null })))?;
    expect![[r#"
        (
            "SCHEDULE_TO_CLOSE ",
            "RETRY_STATE_TIMEOUT",
        )
    "#]]
    .assert_debug_eq(&timed_out()?);
    Ok(())
}

#[test]
fn a_failure_of_a_kind_that_is_not_to_be_retried_is_not_retried() -> Result<()> {
    for worker in ["python", "typescript"] {
        let stage = Stage::new(&format!("errand-final-{worker}"), "typescript/bench")?;
        let worker = stage.worker(worker, &[])?;
        let mut errand = fails("NoSuchAddress", 1, false, None);
        errand["nonRetryable"] = json!(["NoSuchAddress"]);
        // By the policy, and by the worker's own word.
        for errand in [errand, fails("Other", 1, true, None)] {
            stage.errand(&errand)?;
            assert!(stage.failure()?.contains("attempt 1 fails"));
            let failed = stage.event("activityTaskFailedEventAttributes")?;
            assert_eq!(failed["retryState"], "RETRY_STATE_NON_RETRYABLE_FAILURE");
        }
        assert_eq!(worker.count("fail attempt 1")?, 2);
    }
    Ok(())
}

#[test]
fn a_worker_says_when_to_try_again() -> Result<()> {
    for worker in ["python", "typescript"] {
        let stage = Stage::new(&format!("errand-delay-{worker}"), "rust/bench")?;
        let _worker = stage.worker(worker, &[])?;
        // The policy would wait an hour.
        stage.errand(&fails("Busy", 2, false, Some(20)))?;
        assert_eq!(stage.result()?, json!("attempt 3"));
        let started = stage.event("activityTaskStartedEventAttributes")?;
        assert_eq!(started["attempt"], 3);
        assert_eq!(started["lastFailure"]["message"], "attempt 2 fails");
    }
    Ok(())
}
