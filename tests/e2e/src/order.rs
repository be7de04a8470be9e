//! The order that the demo and the tests send on its way.

use crate::host::{Host, eventually};
use crate::paths;
use anyhow::Result;

pub const TASK_QUEUE: &str = "orders";
pub const WORKFLOW_TYPE: &str = "orderFulfillment";
pub const INPUT: &str =
    r#"{"orderId":"1001","items":[{"sku":"kettle","quantity":2}],"amount":4200}"#;
pub const RESULT: &str = r#"{"orderId":"1001","chargeId":"charge-1001","reservationId":"reservation-1001","deliveryId":"delivery-1001"}"#;

/// Uploads the workflow of one language, and the activities.
pub fn deploy(host: &Host, language: &str) -> Result<()> {
    for guest in [format!("{language}/order-fulfillment"), "rust/order-activities".to_owned()] {
        let file = paths::guest(&guest)?;
        host.cli(&["deploy", &file.to_string_lossy(), "--task-queue", TASK_QUEUE])?;
    }
    Ok(())
}

pub fn start(host: &Host, workflow_id: &str) -> Result<()> {
    host.cli(&[
        "workflow",
        "start",
        "--workflow-id",
        workflow_id,
        "--type",
        WORKFLOW_TYPE,
        "--task-queue",
        TASK_QUEUE,
        "--input",
        INPUT,
    ])
    .map(drop)
}

/// Returns when the order waits for the warehouse: it is charged and reserved then.
pub fn wait_for_warehouse(host: &Host, workflow_id: &str) -> Result<()> {
    eventually("the order waits for the warehouse", || {
        let types = host.event_types(workflow_id)?;
        let n_done = types.iter().filter(|it| *it == "ACTIVITY_TASK_COMPLETED").count();
        let waits = types.iter().any(|it| it == "TIMER_STARTED");
        Ok((n_done == 2 && waits).then_some(()))
    })
}

pub fn confirm(host: &Host, workflow_id: &str) -> Result<()> {
    let signal = "warehouseConfirmed";
    host.cli(&["workflow", "signal", "--workflow-id", workflow_id, "--name", signal]).map(drop)
}

/// Waits for the end; its result as JSON.
pub fn result(host: &Host, workflow_id: &str) -> Result<String> {
    Ok(host.cli(&["workflow", "result", "--workflow-id", workflow_id])?.trim().to_owned())
}
