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
    deploy_workflow(host, language)?;
    deploy_guest(host, "rust/order-activities", TASK_QUEUE)
}

/// Without the activities: a remote worker has them.
pub fn deploy_workflow(host: &Host, language: &str) -> Result<()> {
    deploy_guest(host, &format!("{language}/order-fulfillment"), TASK_QUEUE)
}

pub fn deploy_guest(host: &Host, guest: &str, task_queue: &str) -> Result<()> {
    let file = paths::guest(guest)?;
    host.cli(&["deploy", &file.to_string_lossy(), "--task-queue", task_queue]).map(drop)
}

pub fn start(host: &Host, workflow_id: &str) -> Result<()> {
    start_with(host, workflow_id, INPUT)
}

pub fn start_with(host: &Host, workflow_id: &str, input: &str) -> Result<()> {
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
        input,
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
