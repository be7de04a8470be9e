//! What earlier versions wrote, and what Temporal's own tools did, is replayed by the guests of now.

use anyhow::{Context, Result};
use refrain_e2e::host::binary;
use refrain_e2e::paths;

const LANGUAGES: [&str; 2] = ["rust", "typescript"];

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
    assert!(n_replayed > 20, "only {n_replayed} histories were replayed");
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
