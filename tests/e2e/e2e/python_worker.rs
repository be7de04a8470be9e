//! Temporal's Python SDK: its worker runs our activities, its client drives our workflows.

use crate::common::{Python, deploy_bench, directory, python, temporal};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::{eventually, output};
use refrain_e2e::{Host, order};
use serde_json::Value;
use std::time::{Duration, Instant};

/// A host with the order workflow in one language, and nobody to run its activities yet.
fn host_without_activities(name: &str, language: &str) -> Result<(Host, std::path::PathBuf)> {
    let directory = directory(name);
    let host = Host::start(&directory, &[])?;
    order::deploy_workflow(&host, language)?;
    Ok((host, directory))
}

fn assert_order_is_fulfilled(host: &Host) -> Result<()> {
    let result: Value = serde_json::from_str(&order::result(host, "order-1001")?)?;
    assert_eq!(result, serde_json::from_str::<Value>(order::RESULT)?);
    Ok(())
}

#[test]
fn a_python_worker_runs_the_activities_of_an_order() -> Result<()> {
    let (host, directory) = host_without_activities("python-success", "rust")?;
    order::start(&host, "order-1001")?;
    // The first activity waited for a worker.
    let worker = Python::order_worker(&directory, &host, &[])?;
    order::wait_for_warehouse(&host, "order-1001")?;
    order::confirm(&host, "order-1001")?;
    assert_order_is_fulfilled(&host)?;
    expect![[r#"
        ready
        charge attempt 1 of order-1001
        reserve attempt 1 of order-1001
        scheduleDelivery attempt 1 of order-1001
    "#]]
    .assert_eq(&worker.said()?);
    Ok(())
}

#[test]
fn a_failed_attempt_is_retried_and_only_the_last_one_is_in_history() -> Result<()> {
    let (host, directory) = host_without_activities("python-retry", "rust")?;
    let fails = ["--fails", "reserve", "--fails-times", "2"];
    let worker = Python::order_worker(&directory, &host, &fails)?;
    order::start(&host, "order-1001")?;
    order::wait_for_warehouse(&host, "order-1001")?;
    order::confirm(&host, "order-1001")?;
    assert_order_is_fulfilled(&host)?;
    expect![[r#"
        ready
        charge attempt 1 of order-1001
        reserve attempt 1 of order-1001
        reserve attempt 2 of order-1001
        reserve attempt 3 of order-1001
        scheduleDelivery attempt 1 of order-1001
    "#]]
    .assert_eq(&worker.said()?);
    let history = host.history("order-1001")?;
    let started = history.iter().filter_map(|it| it.get("activityTaskStartedEventAttributes"));
    let attempts: Vec<_> = started.map(|it| it["attempt"].as_u64()).collect();
    assert_eq!(attempts, [Some(1), Some(3), Some(1)]);
    assert!(
        history.iter().any(|it| it.to_string().contains("attempt 2 fails on purpose")),
        "why the attempt before failed is there too"
    );
    Ok(())
}

#[test]
fn a_running_activity_heartbeats_and_learns_of_its_cancellation() -> Result<()> {
    // In TypeScript a canceled workflow cancels what it waits for.
    let (host, directory) = host_without_activities("python-cancel", "typescript")?;
    let mut worker = Python::order_worker(&directory, &host, &["--hangs", "charge"])?;
    order::start(&host, "order-1001")?;
    worker.wait_for("charge attempt 1 of order-1001")?;
    let describe = ["workflow", "describe", "--workflow-id", "order-1001"];
    eventually("a heartbeat is seen from outside", || {
        let described = crate::common::temporal_json(&host, &describe)?;
        let activity = &described["pendingActivities"][0];
        Ok(activity.get("heartbeatDetails").map(drop))
    })?;
    host.cli(&["workflow", "cancel", "--workflow-id", "order-1001"])?;
    worker.wait_for("charge canceled")?;
    let said = host.try_cli(&["workflow", "result", "--workflow-id", "order-1001"])?;
    assert_eq!(said.code, Some(1), "{said:?}");
    let types = host.event_types("order-1001")?;
    // The program lets the activity's failure through.
    assert_eq!(types.last().map(String::as_str), Some("WORKFLOW_EXECUTION_CANCELED"));
    assert!(types.iter().any(|it| it == "ACTIVITY_TASK_CANCEL_REQUESTED"), "{types:?}");
    Ok(())
}

#[test]
fn an_activity_whose_worker_was_killed_is_retried_on_another_one() -> Result<()> {
    let (host, directory) = host_without_activities("python-killed", "rust")?;
    let mut first = Python::order_worker(&directory, &host, &["--hangs", "reserve"])?;
    order::start(&host, "order-1001")?;
    first.wait_for("reserve attempt 1 of order-1001")?;
    first.kill()?;

    let mut second = Python::order_worker(&directory, &host, &[])?;
    // After the 10 seconds that an attempt may take.
    second.wait_for("reserve attempt 2 of order-1001")?;
    order::wait_for_warehouse(&host, "order-1001")?;
    order::confirm(&host, "order-1001")?;
    assert_order_is_fulfilled(&host)?;
    assert_eq!(first.count("charge attempt 1 of order-1001")?, 1);
    assert!(!second.said()?.contains("charge"), "what was completed did not run again");
    Ok(())
}

#[test]
fn a_python_worker_outlives_its_host() -> Result<()> {
    let (mut host, directory) = host_without_activities("python-host-killed", "rust")?;
    let worker = Python::order_worker(&directory, &host, &[])?;
    order::start(&host, "order-1001")?;
    order::wait_for_warehouse(&host, "order-1001")?;
    host.kill()?;
    host.start_again()?;
    order::confirm(&host, "order-1001")?;
    assert_order_is_fulfilled(&host)?;
    for step in ["charge", "reserve", "scheduleDelivery"] {
        assert_eq!(worker.count(&format!("{step} attempt 1 of order-1001"))?, 1, "{step} ran once");
    }
    Ok(())
}

/// Activities have their workflow's priority. The order of the queue outlives the host.
#[test]
fn a_worker_with_one_slot_gets_tasks_by_priority_and_then_by_turns() -> Result<()> {
    let (mut host, directory) = host_without_activities("python-priority", "rust")?;
    let orders = [
        ("late", "5", ""),
        ("a1", "4", "a"),
        ("a2", "4", "a"),
        ("a3", "4", "a"),
        ("b1", "4", "b"),
        ("usual", "", ""),
        ("urgent", "1", "a"),
    ];
    for (id, priority, fairness) in orders {
        let mut args = vec!["workflow", "start", "--workflow-id", id, "--input", order::INPUT];
        args.extend(["--type", order::WORKFLOW_TYPE, "--task-queue", order::TASK_QUEUE]);
        if !priority.is_empty() {
            args.extend(["--priority-key", priority]);
        }
        if !fairness.is_empty() {
            args.extend(["--fairness-key", fairness]);
        }
        temporal(&host, &args)?;
    }
    let begun = host.history("a1")?;
    let said = &begun[0]["workflowExecutionStartedEventAttributes"]["priority"];
    assert_eq!((said["priorityKey"].as_u64(), said["fairnessKey"].as_str()), (Some(4), Some("a")));
    for id in orders.map(|it| it.0) {
        eventually("its first activity waits", || {
            let types = host.event_types(id)?;
            Ok(types.iter().any(|it| it == "ACTIVITY_TASK_SCHEDULED").then_some(()))
        })?;
    }
    host.kill()?;
    host.start_again()?;

    let worker = Python::order_worker(&directory, &host, &["--slots", "1"])?;
    let charged = eventually("all are charged", || {
        let said = worker.said()?;
        let charged = said.lines().filter_map(|it| it.strip_prefix("charge attempt 1 of "));
        let charged: Vec<_> = charged.map(str::to_owned).collect();
        Ok((charged.len() == orders.len()).then_some(charged))
    })?;
    assert_eq!(charged, ["urgent", "usual", "a1", "b1", "a2", "a3", "late"]);
    Ok(())
}

/// Its own first, and then an operator's, which counts before it.
#[test]
fn a_workers_limit_holds_for_its_whole_queue_until_an_operator_sets_another() -> Result<()> {
    let (host, directory) = host_without_activities("python-limit", "rust")?;
    let ids = ["order-1", "order-2", "order-3", "order-4"];
    let limited = ["--per-second", "4"];
    let _workers = [
        Python::order_worker(&directory, &host, &limited)?,
        Python::order_worker(&directory, &host, &limited)?,
    ];
    let began = Instant::now();
    ids.iter().try_for_each(|id| order::start(&host, id))?;
    ids.iter().try_for_each(|id| order::wait_for_warehouse(&host, id))?;
    // Two activities each: all but the first wait for their turn.
    assert!(began.elapsed() > Duration::from_millis(1700), "{:?}", began.elapsed());
    let queue = ["--task-queue", order::TASK_QUEUE, "--task-queue-type", "activity"];
    let get = [&["task-queue", "config", "get"][..], &queue].concat();
    let set = [&["task-queue", "config", "set", "--queue-rps-limit", "50"][..], &queue].concat();
    temporal(&host, &set)?;
    let config = temporal(&host, &get)?;
    assert!(config.contains("50"), "{config}");
    ids.iter().try_for_each(|id| order::confirm(&host, id))?;
    ids.iter().try_for_each(|id| order::result(&host, id).map(drop))
}

#[test]
fn a_python_client_sees_of_our_workflows_what_it_expects() -> Result<()> {
    let host = Host::start(&directory("python-client"), &[])?;
    order::deploy(&host, "rust")?;
    deploy_bench(&host)?;
    let said = output(python("client")?.arg(host.address()))?;
    expect![[r#"
        status: awaitingWarehouse
        described: RUNNING orderFulfillment orders
        started twice: WorkflowAlreadyStartedError py-order
        unknown query: WorkflowQueryFailedError
        result: {'orderId': '7', 'chargeId': 'charge-7', 'reservationId': 'reservation-7', 'deliveryId': 'delivery-7'}
        described: COMPLETED
        signal after the end: NOT_FOUND
        failed: ActivityError reserve `Activity task failed` <- ApplicationError OutOfStock `OutOfStock: `unobtainium` is out of stock`
        canceled: CancelledError `Workflow cancelled`
        terminated: TerminatedError `terminated by user via frontend`
        echo: {'list': [1, None, 2.5], 'text': 'grüße'}
        nothing deployed: FAILED_PRECONDITION
        unknown type: INVALID_ARGUMENT
        unknown workflow: NOT_FOUND
        listed: ['py-canceled CANCELED', 'py-echo COMPLETED', 'py-terminated TERMINATED']
        counted: 2
        events: 29 ids without gaps: True
    "#]].assert_eq(&said.or_fail("client.py", &[])?);
    Ok(())
}
