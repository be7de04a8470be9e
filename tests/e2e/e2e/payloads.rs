//! Payloads that are too large for a history.

use crate::common::{BENCH, directory, start, start_with, status, task_failure};
use anyhow::Result;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};

/// Well above what is kept in a history, and below what is refused.
const LARGE: usize = 500_000;

/// `echo` returns its argument; the query and the second look are answered by a replay.
#[test]
fn a_large_payload_is_kept_once_and_seen_by_clients_and_by_a_replayed_guest() -> Result<()> {
    let mut host = Host::start(&directory("payloads"), &["--warm-runs", "0"])?;
    order::deploy_guest(&host, "rust/bench", BENCH)?;
    let value = json!({ "text": "x".repeat(LARGE) });
    let file = directory("payloads-input").with_extension("json");
    std::fs::write(&file, value.to_string())?;
    let file = file.to_string_lossy().into_owned();

    let start = ["workflow", "start", "--task-queue", BENCH, "--type", "wait-signal"];
    host.cli(&[&start[..], &["--workflow-id", "waits"]].concat())?;
    let signal = ["workflow", "signal", "--workflow-id", "waits", "--name", "go"];
    host.cli(&[&signal[..], &["--input-file", &file]].concat())?;
    host.kill()?;
    host.start_again()?;
    let result: Value =
        serde_json::from_str(&host.cli(&["workflow", "result", "--workflow-id", "waits"])?)?;
    assert_eq!(result, value);
    let text = host.json(&["workflow", "show", "--workflow-id", "waits"])?.to_string();
    assert!(text.len() > 2 * LARGE, "the signal and the result are shown: {}", text.len());

    let described = host.json(&["workflow", "describe", "--workflow-id", "waits"])?;
    let bytes = described["workflowExecutionInfo"]["historySizeBytes"].as_str();
    let bytes: usize = bytes.unwrap_or_default().parse()?;
    assert!(bytes < 10_000, "{bytes} bytes of history");
    let stored = std::fs::metadata(host.database())?.len() as usize;
    assert!(stored < 2 * LARGE, "{stored} bytes of database: it is there once");
    Ok(())
}

#[test]
fn what_is_too_large_for_any_payload_is_refused_with_the_limit() -> Result<()> {
    let host = Host::start(&directory("payloads-limit"), &[])?;
    order::deploy_guest(&host, "rust/bench", BENCH)?;
    let file = directory("payloads-limit-input").with_extension("json");
    std::fs::write(&file, format!("\"{}\"", "x".repeat(2 << 20)))?;
    let start = ["workflow", "start", "--task-queue", BENCH, "--type", "echo"];
    let file = file.to_string_lossy();
    let input = ["--workflow-id", "e", "--input-file", &file];
    let refused = host.try_cli(&[&start[..], &input].concat())?;
    assert_ne!(refused.code, Some(0));
    assert!(refused.stderr.contains("2097152"), "{}", refused.stderr);
    let listed = host.json(&["workflow", "count"])?;
    assert!(listed["count"].is_null(), "{listed}");
    Ok(())
}

/// As with Temporal's SDKs: the program is wrong, or who sent it, but the run is not lost.
#[test]
fn a_signal_of_a_wrong_type_is_dropped_and_arguments_of_a_wrong_type_fail_the_task() -> Result<()> {
    let host = Host::start(&directory("payloads-wrong"), &[])?;
    order::deploy_guest(&host, "rust/mirror", "mirror")?;
    order::deploy_guest(&host, "rust/bench", BENCH)?;
    start(&host, "listens", "listens", "mirror")?;
    for input in ["5", "\"a\"", "{}", "\"b\""] {
        let signal = ["workflow", "signal", "--workflow-id", "listens", "--name", "add"];
        host.cli(&[&signal[..], &["--input", input]].concat())?;
    }
    assert_eq!(order::result(&host, "listens")?, r#"["a","b"]"#);
    let log = host.log()?;
    assert!(log.contains("signal `add` is dropped: cannot decode a payload"), "{log}");

    start_with(&host, "sleeps", "sleep", BENCH, &["\"long\""])?;
    let failure = task_failure(&host, "sleeps")?.to_string();
    assert!(failure.contains("the arguments of workflow `sleep`: cannot decode"), "{failure}");
    assert_eq!(status(&host, "sleeps")?, "WORKFLOW_EXECUTION_STATUS_RUNNING");
    Ok(())
}

/// Close to the limit, in ASCII and in characters of more bytes: within the time that a guest has.
#[test]
fn a_guest_of_each_language_takes_and_returns_the_largest_payload() -> Result<()> {
    let host = Host::start(&directory("payloads-languages"), &[])?;
    for (language, queue) in [("rust", "rust-queue"), ("typescript", "typescript-queue")] {
        order::deploy_guest(&host, &format!("{language}/bench"), queue)?;
        for (name, text) in [("ascii", "x".repeat(2_000_000)), ("wide", "ä€😀".repeat(220_000))]
        {
            let id = format!("{language}-{name}");
            let file = directory(&id).with_extension("json");
            std::fs::write(&file, json!(text).to_string())?;
            let execute = ["workflow", "execute", "--task-queue", queue, "--type", "echo"];
            let input = ["--workflow-id", &id, "--input-file", &file.to_string_lossy()];
            let result: Value = serde_json::from_str(&host.cli(&[&execute[..], &input].concat())?)?;
            assert!(result == json!(text), "{id}: {} bytes came back", result.to_string().len());
        }
    }
    Ok(())
}
