//! The main job: an order outlives its host, and undoes what it did when it can't be fulfilled.

use crate::common::{Python, directory, summary};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::{Host, order};
use serde_json::Value;

/// The same for every language.
fn check_fulfilled(history: &[Value]) {
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled charge
         6 activity task started
         7 activity task completed
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 activity task scheduled reserve
        12 activity task started
        13 activity task completed
        14 workflow task scheduled
        15 workflow task started
        16 workflow task completed
        17 timer started 86400s
        18 workflow execution signaled warehouseConfirmed
        19 workflow task scheduled
        20 workflow task started
        21 workflow task completed
        22 timer canceled
        23 activity task scheduled scheduleDelivery
        24 activity task started
        25 activity task completed
        26 workflow task scheduled
        27 workflow task started
        28 workflow task completed
        29 workflow execution completed
    "#]]
    .assert_eq(&summary(history));
}

fn order_survives_its_host(language: &str) -> Result<()> {
    let mut host = Host::start(&directory(&format!("order-{language}")), &[])?;
    order::deploy(&host, language)?;
    order::start(&host, "order-1001")?;
    order::wait_for_warehouse(&host, "order-1001")?;
    let before = host.history("order-1001")?;

    host.kill()?;
    host.start_again()?;
    assert_eq!(host.history("order-1001")?, before, "what was committed is there, unchanged");

    order::confirm(&host, "order-1001")?;
    let result: Value = serde_json::from_str(&order::result(&host, "order-1001")?)?;
    assert_eq!(result, serde_json::from_str::<Value>(order::RESULT)?);

    let history = host.history("order-1001")?;
    assert_eq!(history[..before.len()], before, "history is only ever added to");
    check_fulfilled(&history);
    for done in ["charging 4200 for order 1001", "reserving 2 x kettle for order 1001"] {
        let n_times = host.log()?.matches(done).count();
        assert_eq!(n_times, 1, "`{done}` ran once, before the kill, and not again after it");
    }
    Ok(())
}

#[test]
fn an_order_in_rust_survives_kill_9_and_no_completed_activity_runs_again() -> Result<()> {
    order_survives_its_host("rust")
}

#[test]
fn an_order_in_typescript_survives_kill_9_and_no_completed_activity_runs_again() -> Result<()> {
    order_survives_its_host("typescript")
}

#[test]
fn an_order_in_python_survives_kill_9_and_no_completed_activity_runs_again() -> Result<()> {
    order_survives_its_host("python")
}

#[test]
fn an_order_in_c_survives_kill_9_and_no_completed_activity_runs_again() -> Result<()> {
    order_survives_its_host("c")
}

/// Killed before the warehouse is asked, between any two steps: whenever it is, the order ends the
/// same, with the same history.
#[test]
fn an_order_that_loses_its_host_at_any_step_ends_the_same() -> Result<()> {
    let mut host = Host::start(&directory("order-any-step"), &[])?;
    order::deploy(&host, "rust")?;
    for nth in 0..5 {
        let id = format!("order-{nth}");
        order::start(&host, &id)?;
        host.kill()?;
        host.start_again()?;
        order::confirm(&host, &id)?;
        host.kill()?;
        host.start_again()?;
        let result: Value = serde_json::from_str(&order::result(&host, &id)?)?;
        assert_eq!(result, serde_json::from_str::<Value>(order::RESULT)?);
    }
    Ok(())
}

fn order_is_undone(language: &str) -> Result<()> {
    const INPUT: &str =
        r#"{"orderId":"1001","items":[{"sku":"unobtainium","quantity":1}],"amount":4200}"#;
    let host = Host::start(&directory(&format!("order-undone-{language}")), &[])?;
    order::deploy(&host, language)?;
    order::start_with(&host, "order-1001", INPUT)?;
    let said = host.try_cli(&["workflow", "result", "--workflow-id", "order-1001"])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert!(said.stderr.contains("`unobtainium` is out of stock"), "{said:?}");
    check_undone(&host.history("order-1001")?);
    Ok(())
}

/// The same for every language.
fn check_undone(history: &[Value]) {
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled charge
         6 activity task started
         7 activity task completed
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 activity task scheduled reserve
        12 activity task started
        13 activity task failed `unobtainium` is out of stock
        14 workflow task scheduled
        15 workflow task started
        16 workflow task completed
        17 activity task scheduled refund
        18 activity task started
        19 activity task completed
        20 workflow task scheduled
        21 workflow task started
        22 workflow task completed
        23 workflow execution failed Activity task failed
    "#]]
    .assert_eq(&summary(history));
}

#[test]
fn an_order_in_rust_that_cannot_be_fulfilled_is_undone() -> Result<()> {
    order_is_undone("rust")
}

#[test]
fn an_order_in_typescript_that_cannot_be_fulfilled_is_undone() -> Result<()> {
    order_is_undone("typescript")
}

#[test]
fn an_order_in_python_that_cannot_be_fulfilled_is_undone() -> Result<()> {
    order_is_undone("python")
}

#[test]
fn an_order_in_c_that_cannot_be_fulfilled_is_undone() -> Result<()> {
    order_is_undone("c")
}

/// A canceled workflow stops waiting by itself; what was done is undone all the same.
fn canceled_order_is_undone(language: &str) -> Result<()> {
    let host = Host::start(&directory(&format!("order-canceled-{language}")), &[])?;
    order::deploy(&host, language)?;
    order::start(&host, "order-1001")?;
    order::wait_for_warehouse(&host, "order-1001")?;
    host.cli(&["workflow", "cancel", "--workflow-id", "order-1001"])?;
    let said = host.try_cli(&["workflow", "result", "--workflow-id", "order-1001"])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    let log = host.log()?;
    for undone in ["refunding charge-1001", "releasing reservation-1001"] {
        assert_eq!(log.matches(undone).count(), 1, "{undone}: {log}");
    }
    check_canceled(&host.history("order-1001")?);
    Ok(())
}

/// The same for every language; until the order is canceled, as any other.
fn check_canceled(history: &[Value]) {
    expect![[r#"
        17 timer started 86400s
        18 workflow execution cancel requested
        19 workflow task scheduled
        20 workflow task started
        21 workflow task completed
        22 timer canceled
        23 activity task scheduled release
        24 activity task started
        25 activity task completed
        26 workflow task scheduled
        27 workflow task started
        28 workflow task completed
        29 activity task scheduled refund
        30 activity task started
        31 activity task completed
        32 workflow task scheduled
        33 workflow task started
        34 workflow task completed
        35 workflow execution canceled
    "#]]
    .assert_eq(&summary(&history[16..]));
}

#[test]
fn a_canceled_order_in_rust_is_undone() -> Result<()> {
    canceled_order_is_undone("rust")
}

#[test]
fn a_canceled_order_in_typescript_is_undone() -> Result<()> {
    canceled_order_is_undone("typescript")
}

#[test]
fn a_canceled_order_in_python_is_undone() -> Result<()> {
    canceled_order_is_undone("python")
}

#[test]
fn a_canceled_order_in_c_is_undone() -> Result<()> {
    canceled_order_is_undone("c")
}

/// Two steps are to be undone, the last one first.
#[test]
fn what_was_done_is_undone_in_reverse_order() -> Result<()> {
    let directory = directory("order-reverse");
    let host = Host::start(&directory, &[])?;
    order::deploy_workflow(&host, "rust")?;
    let fails = ["--fails", "scheduleDelivery", "--for-good"];
    let worker = Python::order_worker(&directory, &host, &fails)?;
    order::start(&host, "order-1001")?;
    order::wait_for_warehouse(&host, "order-1001")?;
    order::confirm(&host, "order-1001")?;
    let said = host.try_cli(&["workflow", "result", "--workflow-id", "order-1001"])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    let is_undoing = |it: &&str| it.starts_with("release") || it.starts_with("refund");
    let undone: Vec<_> = worker.said()?.lines().filter(is_undoing).map(str::to_owned).collect();
    assert_eq!(undone, ["release attempt 1 of order-1001", "refund attempt 1 of order-1001"]);
    Ok(())
}
