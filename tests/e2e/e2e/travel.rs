//! A trip that is canceled, paused, reset and deleted.

use crate::common::{directory, status, summary, temporal, temporal_json, try_temporal};
use anyhow::Result;
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order};
use serde_json::{Value, json};

const QUEUE: &str = "travel";

fn host(name: &str, language: &str) -> Result<Host> {
    let host = Host::start(&directory(name), &[])?;
    order::deploy_guest(&host, &format!("{language}/travel-saga"), QUEUE)?;
    order::deploy_guest(&host, "rust/travel-activities", QUEUE)?;
    Ok(host)
}

fn of<'a>(command: &'a str, workflow_id: &'a str) -> [&'a str; 4] {
    ["workflow", command, "--workflow-id", workflow_id]
}

/// Returns when the car and the hotel are booked.
fn start(host: &Host, trip: &str) -> Result<()> {
    let input = json!(trip).to_string();
    let start = of("start", trip);
    let more = ["--type", "travel", "--task-queue", QUEUE, "--input", &input];
    host.cli(&[&start[..], &more].concat())?;
    eventually("the trip waits for its payment", || {
        Ok(host.event_types(trip)?.iter().any(|it| it == "TIMER_STARTED").then_some(()))
    })
}

fn pay(host: &Host, trip: &str) -> Result<()> {
    host.cli(&[&of("signal", trip)[..], &["--name", "paid"]].concat()).map(drop)
}

fn canceled_trip_is_undone(language: &str) -> Result<()> {
    let host = host(&format!("travel-canceled-{language}"), language)?;
    start(&host, "trip")?;
    temporal(&host, &of("cancel", "trip"))?;
    let said = host.try_cli(&of("result", "trip"))?;
    assert_eq!(said.code, Some(1), "{said:?}");
    assert_eq!(status(&host, "trip")?, "WORKFLOW_EXECUTION_STATUS_CANCELED");
    assert!(host.log()?.contains("canceling car-trip"), "the hotel did not hold up the car");
    check_canceled(&host.history("trip")?);
    Ok(())
}

/// The same for every language.
fn check_canceled(history: &[Value]) {
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled bookCar
         6 activity task started
         7 activity task completed
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 activity task scheduled bookHotel
        12 activity task started
        13 activity task completed
        14 workflow task scheduled
        15 workflow task started
        16 workflow task completed
        17 timer started 3600s
        18 workflow execution cancel requested
        19 workflow task scheduled
        20 workflow task started
        21 workflow task completed
        22 timer canceled
        23 activity task scheduled cancelHotel
        24 activity task started
        25 activity task failed hotel-trip can't be canceled
        26 workflow task scheduled
        27 workflow task started
        28 workflow task completed
        29 activity task scheduled cancelCar
        30 activity task started
        31 activity task completed
        32 workflow task scheduled
        33 workflow task started
        34 workflow task completed
        35 workflow execution canceled
    "#]]
    .assert_eq(&summary(history));
}

#[test]
fn a_canceled_trip_in_rust_is_undone_though_its_hotel_can_not_be_canceled() -> Result<()> {
    canceled_trip_is_undone("rust")
}

#[test]
fn a_canceled_trip_in_typescript_is_undone_though_its_hotel_can_not_be_canceled() -> Result<()> {
    canceled_trip_is_undone("typescript")
}

#[test]
fn a_canceled_trip_in_python_is_undone_though_its_hotel_can_not_be_canceled() -> Result<()> {
    canceled_trip_is_undone("python")
}

#[test]
fn a_canceled_trip_in_c_is_undone_though_its_hotel_can_not_be_canceled() -> Result<()> {
    canceled_trip_is_undone("c")
}

/// Paid and failed, then gone back to before the payment on code that is repaired: the payment comes
/// again, and the trip takes place.
fn reset_trip_takes_place(language: &str, repaired: &str) -> Result<()> {
    let host = host(&format!("travel-reset-{language}"), language)?;
    start(&host, "trip")?;
    pay(&host, "trip")?;
    let said = host.try_cli(&of("result", "trip"))?;
    assert!(said.stderr.contains("no seat is left in economy"), "{said:?}");
    let failed = host.history("trip")?;
    let timer = failed.iter().position(|it| it["eventType"] == "EVENT_TYPE_TIMER_STARTED");
    let task = timer.expect("it waited").to_string();

    order::deploy_guest(&host, &format!("{repaired}/travel-saga-repaired"), QUEUE)?;
    let reset = ["--event-id", &task, "--reason", "sold out", "--version", "current"];
    host.cli(&[&of("reset", "trip")[..], &reset].concat())?;
    let result: Value = serde_json::from_str(host.cli(&of("result", "trip"))?.trim())?;
    assert_eq!(result, json!(["car-trip", "hotel-trip", "flight-trip"]));
    let history = host.history("trip")?;
    // The whole event is the same, its time too.
    let n_kept = task.parse::<usize>()? - 1;
    assert_eq!(history[..n_kept], failed[..n_kept]);
    check_reset(&history);

    let shown = host.cli(&of("show", "trip"))?;
    assert!(shown.contains("sold out"), "{shown}");
    let shown = temporal(&host, &of("show", "trip"))?;
    assert!(shown.contains("WorkflowTaskFailed"), "{shown}");
    let described = temporal_json(&host, &of("describe", "trip"))?;
    assert_eq!(described["workflowExecutionInfo"]["status"], "WORKFLOW_EXECUTION_STATUS_COMPLETED");
    Ok(())
}

/// The same for every language.
fn check_reset(history: &[Value]) {
    expect![[r#"
         1 workflow execution started
         2 workflow task scheduled
         3 workflow task started
         4 workflow task completed
         5 activity task scheduled bookCar
         6 activity task started
         7 activity task completed
         8 workflow task scheduled
         9 workflow task started
        10 workflow task completed
        11 activity task scheduled bookHotel
        12 activity task started
        13 activity task completed
        14 workflow task scheduled
        15 workflow task started
        16 workflow task failed sold out
        17 workflow execution signaled paid
        18 workflow execution options updated
        19 workflow task scheduled
        20 workflow task started
        21 workflow task completed
        22 timer started 3600s
        23 timer canceled
        24 activity task scheduled bookFlight
        25 activity task started
        26 activity task completed
        27 workflow task scheduled
        28 workflow task started
        29 workflow task completed
        30 workflow execution completed
    "#]]
    .assert_eq(&summary(history));
}

#[test]
fn a_trip_in_rust_that_failed_takes_place_after_a_reset_on_repaired_code() -> Result<()> {
    reset_trip_takes_place("rust", "typescript")
}

#[test]
fn a_trip_in_typescript_that_failed_takes_place_after_a_reset_on_repaired_code() -> Result<()> {
    reset_trip_takes_place("typescript", "typescript")
}

#[test]
fn a_trip_in_python_that_failed_takes_place_after_a_reset_on_repaired_code() -> Result<()> {
    reset_trip_takes_place("python", "python")
}

#[test]
fn temporal_resets_a_trip_by_kind_of_task_and_by_event() -> Result<()> {
    let host = host("travel-temporal-reset", "rust")?;
    start(&host, "trip")?;
    let reset = ["--type", "LastWorkflowTask", "--reason", "again"];
    let answer = temporal_json(&host, &[&of("reset", "trip")[..], &reset].concat())?;
    let run = answer["runId"].as_str().expect("a run").to_owned();
    let described = temporal_json(&host, &of("describe", "trip"))?;
    assert_eq!(described["workflowExecutionInfo"]["execution"]["runId"], run);
    eventually("it waits for its payment again", || {
        Ok(host.event_types("trip")?.iter().any(|it| it == "TIMER_STARTED").then_some(()))
    })?;
    let reset = ["--event-id", "4", "--reason", "from the start", "--reapply-exclude", "Signal"];
    temporal(&host, &[&of("reset", "trip")[..], &reset].concat())?;
    let refused = ["--event-id", "5", "--reason", "no task ends there"];
    let said = try_temporal(&host, &[&of("reset", "trip")[..], &refused].concat())?;
    assert!(said.stderr.contains("no workflow task can end at event 5"), "{said:?}");
    let count = host.cli(&["workflow", "count", "--query", "WorkflowId = 'trip'"])?;
    assert!(count.contains('3'), "{count}");
    host.cli(&of("terminate", "trip")).map(drop)
}

fn paused_trip_waits(language: &str) -> Result<()> {
    let mut host = host(&format!("travel-paused-{language}"), language)?;
    start(&host, "trip")?;
    host.cli(&[&of("pause", "trip")[..], &["--reason", "ask first"]].concat())?;
    pay(&host, "trip")?;
    for json in
        [host.json(&of("describe", "trip"))?, temporal_json(&host, &of("describe", "trip"))?]
    {
        let status = &json["workflowExecutionInfo"]["status"];
        assert_eq!(status, "WORKFLOW_EXECUTION_STATUS_PAUSED");
    }
    // Temporal's takes whatever is not running for closed, and wants an event that says so.
    for described in [host.cli(&of("describe", "trip"))?, temporal(&host, &of("describe", "trip"))?]
    {
        assert!(described.contains("ask first"), "{described}");
    }
    let listed = ["workflow", "list", "--query", "ExecutionStatus = 'Paused'"];
    assert!(host.cli(&listed)?.contains("trip"));
    let said = try_temporal(&host, &of("pause", "trip"))?;
    assert!(said.stderr.contains("already paused"), "{said:?}");
    // A host that starts again knows of it.
    host.kill()?;
    host.start_again()?;
    let last = host.history("trip")?.pop().expect("a history");
    assert_eq!(last["eventType"], "EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED");
    temporal(&host, &[&of("unpause", "trip")[..], &["--reason", "go"]].concat())?;
    host.try_cli(&of("result", "trip"))?;
    check_paused(&host.history("trip")?);
    Ok(())
}

/// The same for every language; until it is paused, as any other.
fn check_paused(history: &[Value]) {
    expect![[r#"
        17 timer started 3600s
        18 workflow execution paused
        19 workflow execution signaled paid
        20 workflow execution unpaused
        21 workflow task scheduled
        22 workflow task started
        23 workflow task completed
        24 timer canceled
        25 activity task scheduled bookFlight
        26 activity task started
        27 activity task failed no seat is left in economy
        28 workflow task scheduled
        29 workflow task started
        30 workflow task completed
        31 activity task scheduled cancelHotel
        32 activity task started
        33 activity task failed hotel-trip can't be canceled
        34 workflow task scheduled
        35 workflow task started
        36 workflow task completed
        37 activity task scheduled cancelCar
        38 activity task started
        39 activity task completed
        40 workflow task scheduled
        41 workflow task started
        42 workflow task completed
        43 workflow execution failed Activity task failed
    "#]]
    .assert_eq(&summary(&history[16..]));
}

#[test]
fn a_paused_trip_in_rust_goes_on_when_it_is_unpaused() -> Result<()> {
    paused_trip_waits("rust")
}

#[test]
fn a_paused_trip_in_typescript_goes_on_when_it_is_unpaused() -> Result<()> {
    paused_trip_waits("typescript")
}

#[test]
fn a_paused_trip_in_python_goes_on_when_it_is_unpaused() -> Result<()> {
    paused_trip_waits("python")
}

#[test]
fn a_paused_trip_in_c_goes_on_when_it_is_unpaused() -> Result<()> {
    paused_trip_waits("c")
}

#[test]
fn trips_are_deleted_closed_or_open_and_namespaces_with_all_that_is_in_them() -> Result<()> {
    let host = host("travel-deleted", "rust")?;
    start(&host, "open")?;
    start(&host, "closed")?;
    host.cli(&of("terminate", "closed"))?;
    temporal(&host, &[&of("delete", "closed")[..], &["--yes"]].concat())?;
    host.cli(&of("delete", "open"))?;
    for trip in ["open", "closed"] {
        let said = try_temporal(&host, &of("describe", trip))?;
        assert!(said.stderr.contains("not found"), "{said:?}");
    }
    assert!(host.cli(&["workflow", "count"])?.trim_start().starts_with('0'));

    host.cli(&["namespace", "create", "shop", "--retention", "2h"])?;
    let update = ["operator", "namespace", "update", "-n", "shop", "--retention", "3h"];
    temporal(&host, &update)?;
    host.cli(&["namespace", "update", "shop", "--description", "trips"])?;
    let described = host.cli(&["namespace", "describe", "shop"])?;
    assert!(described.contains("3h") && described.contains("trips"), "{described}");
    let said = host.try_cli(&["namespace", "update", "shop", "--retention", "5m"])?;
    assert!(said.stderr.contains("expected at least `1h`"), "{said:?}");
    temporal(&host, &["operator", "namespace", "delete", "-n", "shop", "--yes"])?;
    eventually("the namespace is gone", || {
        Ok((!host.cli(&["namespace", "list"])?.contains("shop")).then_some(()))
    })
}
