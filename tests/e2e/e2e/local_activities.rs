//! Local activities: attempts that the host makes beside a workflow task.

use crate::common::{directory, replays, start_with, status, summary_without_tasks, temporal};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};

const QUEUE: &str = "quotes";

fn host(name: &str, language: &str, flags: &[&str]) -> Result<Host> {
    let host = Host::start(&directory(name), flags)?;
    order::deploy_guest(&host, &format!("{language}/price-quote"), QUEUE)?;
    order::deploy_guest(&host, "rust/price-quote-activities", QUEUE)?;
    Ok(host)
}

fn start(host: &Host, workflow_type: &str, inputs: &[&str]) -> Result<()> {
    start_with(host, "quote", workflow_type, QUEUE, inputs)
}

/// A price after three attempts, no discount, and an office that is to be asked again in two minutes.
fn a_quote(language: &str) -> Result<()> {
    let name = format!("local-{language}");
    let host = host(&name, language, &["--time-skipping"])?;
    start(&host, "quote", &["\"kettle\""])?;
    let result = order::result(&host, "quote")?;
    let expected = json!({ "price": 4200, "approvedBy": "the office" });
    assert_eq!(serde_json::from_str::<Value>(&result)?, expected);

    let history = host.history("quote")?;
    expect![[r#"
        workflow execution started
        marker recorded core_local_activity
        marker recorded core_local_activity no discount for kettle
        marker recorded core_local_activity the office is closed
        timer started 120s
        timer fired
        marker recorded core_local_activity
        workflow execution completed
    "#]]
    .assert_eq(&summary_without_tasks(&history));
    let markers = history.iter().filter_map(|it| it.get("markerRecordedEventAttributes"));
    let data: Vec<_> = markers.map(|it| &it["details"]["data"]["payloads"][0]["data"]).collect();
    assert_eq!(data.len(), 4, "{data:?}");
    let log = host.log()?;
    assert!(log.contains("price of kettle, attempt 3, local: true"), "{log}");

    let shown = host.cli(&["workflow", "show", "--workflow-id", "quote"])?;
    let shown = shown.lines().filter_map(|it| it.split_once("MarkerRecorded"));
    let shown: String = shown.map(|it| format!("{}\n", it.1.trim())).collect();
    expect![[r#"
        local activity price (1) completed, attempt 3, -> 4200
        local activity discount (2) failed, attempt 1, failure: no discount for kettle (NoDiscount)
        local activity approve (3) backs off, attempt 1, next one in: 2m, failure: the office is closed (Closed)
        local activity approve (3) completed, attempt 2, -> "the office"
    "#]]
    .assert_eq(&shown);
    let shown = temporal(&host, &["workflow", "show", "--workflow-id", "quote"])?;
    assert_eq!(shown.matches("MarkerRecorded").count(), 4, "{shown}");
    replays(&host, "quote", &format!("{language}/price-quote"))
}

#[test]
fn a_quote_in_rust_is_looked_up_in_the_host() -> Result<()> {
    a_quote("rust")
}

#[test]
fn a_quote_in_typescript_is_looked_up_in_the_host() -> Result<()> {
    a_quote("typescript")
}

#[test]
fn a_quote_in_python_is_looked_up_in_the_host() -> Result<()> {
    a_quote("python")
}

/// The host dies while a local activity runs: what had ended before is not done again, and the one
/// that had not begins again with the host's next life, without anybody asking for it.
fn host_is_killed(language: &str) -> Result<()> {
    let name = format!("local-killed-{language}");
    let mut host = host(&name, language, &[])?;
    start(&host, "slowQuote", &["\"kettle\"", "25"])?;
    eventually("it leafs through the catalogue", || {
        Ok(host.log()?.contains("page 5 of 25").then_some(()))
    })?;
    eventually("the first look-up is stored, though the second goes on", || {
        Ok(host.event_types("quote")?.iter().any(|it| it == "MARKER_RECORDED").then_some(()))
    })?;
    host.kill()?;
    host.start_again()?;
    assert_eq!(order::result(&host, "quote")?, "4200");
    let log = host.log_of_this_life()?;
    assert!(log.contains("page 1 of 25"), "{log}");
    assert!(!log.contains("price of kettle"), "what had ended is not done again:\n{log}");
    assert_eq!(status(&host, "quote")?, "WORKFLOW_EXECUTION_STATUS_COMPLETED");
    expect![[r#"
        workflow execution started
        marker recorded core_local_activity
        marker recorded core_local_activity
        workflow execution completed
    "#]]
    .assert_eq(&summary_without_tasks(&host.history("quote")?));
    replays(&host, "quote", &format!("{language}/price-quote"))
}

#[test]
fn a_local_activity_of_a_killed_host_begins_again_for_rust() -> Result<()> {
    host_is_killed("rust")
}

#[test]
fn a_local_activity_of_a_killed_host_begins_again_for_typescript() -> Result<()> {
    host_is_killed("typescript")
}
