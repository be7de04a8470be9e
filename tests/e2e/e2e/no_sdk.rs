//! A workflow without an SDK: its imports are activities, which a worker in Python does.

use crate::common::{Python, directory, summary, temporal};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};
use std::path::Path;

const QUEUE: &str = "shop";

fn host(directory: &Path) -> Result<Host> {
    // No run is kept in memory: each step replays its history.
    let host = Host::start(directory, &["--warm-runs", "0"])?;
    order::deploy_guest(&host, "rust/no-sdk", QUEUE)?;
    Ok(host)
}

fn worker(directory: &Path, host: &Host) -> Result<Python> {
    let args = ["--address", &host.address(), "--task-queue", QUEUE];
    let mut worker = Python::start(directory, "shop_worker", &args)?;
    worker.wait_for("ready")?;
    Ok(worker)
}

fn start(host: &Host, id: &str, order: &Value) -> Result<()> {
    let input = order.to_string();
    let start = ["workflow", "start", "--workflow-id", id, "--type", "fulfillOrder"];
    host.cli(&[&start[..], &["--task-queue", QUEUE, "--input", &input]].concat()).map(drop)
}

fn failure(host: &Host, id: &str) -> Result<String> {
    let said = host.try_cli(&["workflow", "result", "--workflow-id", id])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    Ok(said.stderr.lines().next().unwrap_or_default().to_owned())
}

#[test]
fn a_component_that_only_knows_its_own_interfaces_is_a_workflow() -> Result<()> {
    let directory = directory("no-sdk");
    let mut host = host(&directory)?;
    let listed = host.cli(&["component", "list"])?;
    assert!(listed.contains("fulfillOrder"), "{listed}");

    let items = json!([{"sku": "kettle", "quantity": 2}, {"sku": "tea", "quantity": 10}]);
    start(&host, "order-1", &json!({"orderId": "1", "amount": 4200, "items": items}))?;
    // What was asked for outlives the host.
    host.kill()?;
    host.start_again()?;
    let worker = worker(&directory, &host)?;
    let result = host.cli(&["workflow", "result", "--workflow-id", "order-1"])?;
    let result: Value = serde_json::from_str(result.trim())?;
    expect![[r#"{"receipt":{"amount":4200,"chargeId":"charge-1"},"shelves":[6,3]}"#]]
        .assert_eq(&result.to_string());

    let mut said: Vec<_> = worker.said()?.lines().map(str::to_owned).collect();
    said.sort();
    expect![[r#"
        charge {"orderId":"1","amount":4200,"items":[{"sku":"kettle","quantity":2},{"sku":"tea","quantity":10}],"giftNote":null}
        ready
        reserve "1" {"sku":"kettle","quantity":2}
        reserve "1" {"sku":"tea","quantity":10}"#]]
    .assert_eq(&said.join("\n"));
    let history = host.history("order-1")?;
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
        12 activity task scheduled reserve
    "#]]
    .assert_eq(&summary(&history[..12]));
    let shown = host.cli(&["workflow", "show", "--workflow-id", "order-1"])?;
    assert!(shown.contains("reserve"), "{shown}");
    let shown = temporal(&host, &["workflow", "show", "--workflow-id", "order-1"])?;
    assert!(shown.contains("WorkflowExecutionCompleted"), "{shown}");
    Ok(())
}

#[test]
fn errors_cross_the_border_both_ways_by_the_names_of_their_cases() -> Result<()> {
    let directory = directory("no-sdk-errors");
    let host = host(&directory)?;
    let worker = worker(&directory, &host)?;
    let item = |sku: &str| json!([{"sku": sku, "quantity": 1}]);
    for (id, amount, items) in [
        ("declined", 13, item("tea")),
        ("limit", 20_000, item("tea")),
        ("out-of-stock", 100, item("unobtainium")),
        ("closed", 14, item("tea")),
    ] {
        start(&host, id, &json!({"orderId": id, "amount": amount, "items": items}))?;
    }
    start(&host, "shapeless", &json!({"orderId": "shapeless", "amount": "a lot", "items": []}))?;
    let mut told = String::new();
    for id in ["declined", "limit", "out-of-stock", "closed", "shapeless"] {
        told.push_str(&failure(&host, id)?);
        told.push('\n');
    }
    expect![[r#"
        error: workflow `declined` failed: no money (NotPaid) "no money"
        error: workflow `limit` failed: over the limit (NotPaid) "over the limit"
        error: workflow `out-of-stock` failed: unobtainium (OutOfStock) "unobtainium"
        error: workflow `closed` failed: activity `charge` failed
        error: workflow `shapeless` failed: argument `order`: found "a lot" at `amount`, expected an integer that is not negative (PayloadDecodingError)
    "#]].assert_eq(&told);
    assert!(worker.said()?.contains(r#"refund {"chargeId":"charge-out-of-stock","amount":100}"#));
    for id in ["declined", "limit"] {
        let charges = worker.said()?.matches(&format!(r#"charge {{"orderId":"{id}""#)).count();
        assert_eq!(charges, 1, "what the type names is not tried again");
    }
    Ok(())
}

/// It has no way to see the request, so it is ended; what it waits for is not awaited any more.
#[test]
fn a_workflow_that_cannot_see_cancellation_is_ended_by_it() -> Result<()> {
    let host = host(&directory("no-sdk-canceled"))?;
    start(&host, "order-1", &json!({"orderId": "1", "amount": 1, "items": []}))?;
    host.cli(&["workflow", "cancel", "--workflow-id", "order-1"])?;
    failure(&host, "order-1")?;
    let types = host.event_types("order-1")?;
    assert_eq!(types.last().map(String::as_str), Some("WORKFLOW_EXECUTION_CANCELED"));
    Ok(())
}

/// Written against the contract itself; evicted at every step.
#[test]
fn a_program_in_go_waits_for_its_activity() -> Result<()> {
    let directory = directory("go");
    let mut host = Host::start(&directory, &["--warm-runs", "0"])?;
    order::deploy_guest(&host, "go/hello", QUEUE)?;
    let start = ["workflow", "start", "--workflow-id", "hello", "--type", "hello"];
    host.cli(&[&start[..], &["--task-queue", QUEUE, "--input", "\"Ada\""]].concat())?;
    host.kill()?;
    host.start_again()?;
    let _worker = worker(&directory, &host)?;
    assert_eq!(order::result(&host, "hello")?, "\"Hello, Ada\"");
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled greet
         6 activity task started
         7 activity task completed
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 workflow execution completed
    "#]]
    .assert_eq(&summary(&host.history("hello")?));
    Ok(())
}
