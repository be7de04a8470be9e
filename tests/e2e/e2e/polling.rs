//! A parcel that an activity watches for days, worker after worker.

use crate::common::{replays, summary, temporal};
use crate::errands::Stage;
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::order;
use serde_json::json;

const ID: &str = "parcel-7";

fn is_told(stage: &Stage, guest: &str) -> Result<()> {
    replays(&stage.host, ID, guest)?;
    let shown = temporal(&stage.host, &["workflow", "show", "--workflow-id", ID])?;
    assert!(shown.contains("ActivityTaskStarted"), "{shown}");
    Ok(())
}

/// The first worker is killed, the second goes on from what the first had said.
fn goes_on(guest: &str, first: &str, second: &str) -> Result<()> {
    let mut stage = Stage::new(&guest.replace('/', "-"), guest)?;
    let mut first = stage.worker(first, &[])?;
    stage.start(ID, "watchParcel", &json!("p7"))?;
    stage.happens("p7", "picked up")?;
    stage.happens("p7", "in Lyon")?;
    first.wait_for("p7 in Lyon")?;
    stage.pending(ID, |it| it["heartbeatDetails"] == json!([2]))?;
    first.kill()?;

    let mut second = stage.worker(second, &[])?;
    second.wait_for("watch p7 attempt 2 from 2")?;
    let pending = stage.pending(ID, |it| it["attempt"] == 2)?;
    assert_eq!(
        pending["lastFailure"]["timeoutFailureInfo"]["timeoutType"],
        "TIMEOUT_TYPE_HEARTBEAT"
    );
    // The host's death is nothing that a worker sees.
    stage.host.kill()?;
    stage.host.start_again()?;
    stage.happens("p7", "delivered")?;
    assert_eq!(order::result(&stage.host, ID)?, "\"p7 after 3\"");
    assert!(!second.said()?.contains("in Lyon"), "what was seen is not seen again");
    check(&summary(&stage.host.history(ID)?));
    is_told(&stage, guest)
}

/// The same for every language.
fn check(history: &str) {
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled watch
         6 activity task started
         7 activity task completed
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 workflow execution completed
    "#]]
    .assert_eq(history);
}

#[test]
fn a_parcel_in_rust_is_watched_by_the_next_worker_when_one_is_killed() -> Result<()> {
    goes_on("rust/polling", "python", "typescript")
}

#[test]
fn a_parcel_in_python_is_watched_by_the_next_worker_when_one_is_killed() -> Result<()> {
    goes_on("python/polling", "python", "python")
}

#[test]
fn a_parcel_in_typescript_is_watched_by_the_next_worker_when_one_is_killed() -> Result<()> {
    goes_on("typescript/polling", "typescript", "python")
}

/// The workflow waits until the activity has stopped, and tidies up.
fn is_forgotten(guest: &str, worker: &str) -> Result<()> {
    let stage = Stage::new(&format!("{}-canceled", guest.replace('/', "-")), guest)?;
    let mut worker = stage.worker(worker, &[])?;
    stage.start(ID, "watchParcel", &json!("p7"))?;
    worker.wait_for("watch p7 attempt 1 from 0")?;
    temporal(&stage.host, &["workflow", "cancel", "--workflow-id", ID])?;
    worker.wait_for("forget p7")?;
    eventually("the run is canceled", || {
        let types = stage.host.event_types(ID)?;
        Ok((types.last().map(String::as_str) == Some("WORKFLOW_EXECUTION_CANCELED")).then_some(()))
    })?;
    check_canceled(&summary(&stage.host.history(ID)?));
    is_told(&stage, guest)
}

/// The same for every language.
fn check_canceled(history: &str) {
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled watch
         6 workflow execution cancel requested
         7 workflow task scheduled
         8 workflow task started
         9 workflow task completed
        10 activity task cancel requested
        11 activity task started
        12 activity task canceled
        13 workflow task scheduled
        14 workflow task started
        15 workflow task completed
        16 activity task scheduled forget
        17 activity task started
        18 activity task completed
        19 workflow task scheduled
        20 workflow task started
        21 workflow task completed
        22 workflow execution canceled
    "#]]
    .assert_eq(history);
}

#[test]
fn a_parcel_in_rust_is_forgotten_when_its_workflow_is_canceled() -> Result<()> {
    is_forgotten("rust/polling", "typescript")
}

#[test]
fn a_parcel_in_python_is_forgotten_when_its_workflow_is_canceled() -> Result<()> {
    is_forgotten("python/polling", "python")
}

#[test]
fn a_parcel_in_typescript_is_forgotten_when_its_workflow_is_canceled() -> Result<()> {
    is_forgotten("typescript/polling", "python")
}
