//! What earlier versions wrote, and what Temporal's own tools did, is replayed by the guests of now.

use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::binary;
use refrain_e2e::paths;
use std::collections::BTreeSet;
use std::path::Path;

const LANGUAGES: [&str; 3] = ["python", "rust", "typescript"];

#[test]
fn golden_histories_are_replayed_by_the_guests_of_now() -> Result<()> {
    let mut n_replayed = 0;
    for entry in std::fs::read_dir(paths::root().join("tests/histories"))? {
        let folder = entry?.path();
        if !folder.is_dir() {
            continue;
        }
        let scenario = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        for language in LANGUAGES {
            // Not every language has every scenario.
            let Ok(guest) = paths::guest(&format!("{language}/{scenario}")) else { continue };
            let (folder, guest) = (folder.to_string_lossy(), guest.to_string_lossy());
            let said = binary(&["replay", &folder, &guest, "--output", "json"])?;
            assert_eq!(said.code, Some(0), "{language}: {}{}", said.stdout, said.stderr);
            let verdicts: serde_json::Value = serde_json::from_str(&said.stdout)?;
            n_replayed += verdicts.as_array().context("a list")?.len();
        }
    }
    assert!(n_replayed > 70, "only {n_replayed} histories were replayed");
    Ok(())
}

/// Those that an exported history has, under their whole names.
pub(crate) fn event_types(file: &Path) -> Result<BTreeSet<String>> {
    let history: serde_json::Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let events = history["events"].as_array().context("no events")?;
    Ok(events.iter().filter_map(|it| it["eventType"].as_str()).map(str::to_owned).collect())
}

/// A type that is written and not among these is one that nothing promises to read later.
#[test]
fn golden_histories_have_every_type_of_event_that_we_write() -> Result<()> {
    let mut kinds = BTreeSet::new();
    for file in paths::golden_histories()? {
        if !file.to_string_lossy().contains("/temporal-") {
            kinds.extend(event_types(&file)?);
        }
    }
    let kinds: Vec<_> = kinds.iter().map(|it| it.trim_start_matches("EVENT_TYPE_")).collect();
    expect![[r#"
        ACTIVITY_TASK_CANCELED
        ACTIVITY_TASK_CANCEL_REQUESTED
        ACTIVITY_TASK_COMPLETED
        ACTIVITY_TASK_FAILED
        ACTIVITY_TASK_SCHEDULED
        ACTIVITY_TASK_STARTED
        ACTIVITY_TASK_TIMED_OUT
        CHILD_WORKFLOW_EXECUTION_CANCELED
        CHILD_WORKFLOW_EXECUTION_COMPLETED
        CHILD_WORKFLOW_EXECUTION_FAILED
        CHILD_WORKFLOW_EXECUTION_STARTED
        CHILD_WORKFLOW_EXECUTION_TERMINATED
        CHILD_WORKFLOW_EXECUTION_TIMED_OUT
        EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED
        EXTERNAL_WORKFLOW_EXECUTION_SIGNALED
        MARKER_RECORDED
        REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED
        REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED
        SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED
        SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED
        START_CHILD_WORKFLOW_EXECUTION_FAILED
        START_CHILD_WORKFLOW_EXECUTION_INITIATED
        TIMER_CANCELED
        TIMER_FIRED
        TIMER_STARTED
        UPSERT_WORKFLOW_SEARCH_ATTRIBUTES
        WORKFLOW_EXECUTION_CANCELED
        WORKFLOW_EXECUTION_CANCEL_REQUESTED
        WORKFLOW_EXECUTION_COMPLETED
        WORKFLOW_EXECUTION_CONTINUED_AS_NEW
        WORKFLOW_EXECUTION_FAILED
        WORKFLOW_EXECUTION_PAUSED
        WORKFLOW_EXECUTION_SIGNALED
        WORKFLOW_EXECUTION_STARTED
        WORKFLOW_EXECUTION_TERMINATED
        WORKFLOW_EXECUTION_TIMED_OUT
        WORKFLOW_EXECUTION_UNPAUSED
        WORKFLOW_EXECUTION_UPDATE_ACCEPTED
        WORKFLOW_EXECUTION_UPDATE_ADMITTED
        WORKFLOW_EXECUTION_UPDATE_COMPLETED
        WORKFLOW_EXECUTION_UPDATE_REJECTED
        WORKFLOW_PROPERTIES_MODIFIED
        WORKFLOW_TASK_COMPLETED
        WORKFLOW_TASK_FAILED
        WORKFLOW_TASK_SCHEDULED
        WORKFLOW_TASK_STARTED"#]]
    .assert_eq(&kinds.join("\n"));
    Ok(())
}

/// The same history, as the SDK exports it and as the command line does: with ids, markers and
/// JSON as the Python SDK writes them.
#[test]
fn a_history_of_temporals_own_server_diverges_where_ours_would() -> Result<()> {
    let folder = paths::root().join("tests/histories/patched-upgrade-v2");
    for tool in ["python-sdk", "temporal-cli"] {
        let history = folder.join(format!("temporal-upgrade-{tool}.json"));
        let guest = paths::guest("rust/patched-upgrade-v1")?;
        let said = binary(&["replay", &history.to_string_lossy(), &guest.to_string_lossy()])?;
        assert_eq!(said.code, Some(4), "{said:?}");
        let expected = "recorded `patch think-twice recorded`, guest asked for `activity charge (1) scheduled`";
        assert!(said.stdout.contains(expected), "{said:?}");
    }
    Ok(())
}

#[test]
fn what_is_no_history_is_said_to_be_none() -> Result<()> {
    let guest = paths::guest("rust/hello")?.to_string_lossy().into_owned();
    let directory = crate::common::directory("no-history");
    std::fs::create_dir_all(&directory)?;
    let started = r#"{"eventId":"1","eventTime":"2026-01-01T00:00:00Z","eventType":"EVENT_TYPE_WORKFLOW_EXECUTION_STARTED","workflowExecutionStartedEventAttributes":{"workflowType":{"name":"hello"}}}"#;
    let nexus = r#"{"eventId":"2","eventTime":"2026-01-01T00:00:00Z","eventType":"EVENT_TYPE_NEXUS_OPERATION_SCHEDULED","nexusOperationScheduledEventAttributes":{}}"#;
    for (name, text, expected) in [
        ("text", "hello", "text is not JSON of `temporal.api.history.v1.History`"),
        ("other", "{\"a\":1}", "the list `events` is missing"),
        ("empty", "{\"events\":[]}", "the first event is missing"),
        (
            "unknown",
            &format!("[{started},{nexus}]"),
            "event 2 is of type `EVENT_TYPE_NEXUS_OPERATION_SCHEDULED`, which this host does not know",
        ),
    ] {
        let file = directory.join(format!("{name}.json"));
        std::fs::write(&file, text)?;
        let said = binary(&["replay", &file.to_string_lossy(), &guest])?;
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.stdout.contains(expected), "`{expected}` is not in {said:?}");
    }
    Ok(())
}
