//! The web page, in a browser, as someone uses it who looks for what went wrong.

use crate::common::{
    BENCH, BROWSER_PATIENCE, browse, deploy_bench, directory, start_with, temporal,
};
use crate::http_api::http_address;
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::{eventually, output_within};
use refrain_e2e::{Host, order};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

/// What the host said of its page.
fn page_address(host: &Host) -> Result<String> {
    let said = host.log()?;
    let line = said.lines().find_map(|it| it.trim_start().strip_prefix("Web page "));
    Ok(line.context("no web page")?.trim().to_owned())
}

/// An order that waits, another, a trip that fails, a workflow that traps, an activity that is tried again, a chain of
/// two runs, one run of a stranger, and a schedule.
fn populate(host: &Host) -> Result<()> {
    order::deploy(host, "rust")?;
    deploy_bench(host)?;
    for (guest, queue) in [
        ("travel-saga", "travel"),
        ("travel-activities", "travel"),
        ("hello", "shop"),
        ("bad", "bad"),
    ] {
        order::deploy_guest(host, &format!("rust/{guest}"), queue)?;
    }
    for id in ["order-1", "order-2"] {
        order::start(host, id)?;
        order::wait_for_warehouse(host, id)?;
    }
    start_with(host, "trip-1", "travel", "travel", &["\"paris\""])?;
    host.cli(&["workflow", "signal", "--workflow-id", "trip-1", "--name", "paid"])?;
    let evil = "\"<img src=x onerror='document.title=1'><script>document.title=2</script>\"";
    start_with(host, "<b>evil</b>/1", "order", "shop", &[evil, "12345678901234567890"])?;
    start_with(host, "trap-1", "trap", "bad", &[])?;
    // Its second attempt is the next one for as long as anyone may look.
    let errand = r#"{"activity":"fail","args":[9],"retryMs":3600000,"startToCloseMs":9000}"#;
    start_with(host, "retry-1", "errand", BENCH, &[errand])?;
    start_with(host, "chain-1", "generations", BENCH, &["1"])?;
    order::result(host, "chain-1")?;
    let schedule = [
        "schedule",
        "create",
        "--schedule-id",
        "nightly",
        "--cron",
        "0 9 * * MON-FRI",
        "--time-zone",
        "America/New_York",
        "--type",
        "orderFulfillment",
        "--task-queue",
        "orders",
        "--workflow-id",
        "nightly-order",
    ];
    temporal(host, &schedule)?;
    eventually("the trip fails", || {
        let types = host.event_types("trip-1")?;
        Ok(types.contains(&"WORKFLOW_EXECUTION_FAILED".to_owned()).then_some(()))
    })
}

/// The first line of the answer.
fn get(address: &str, path: &str) -> Result<String> {
    let mut connection = TcpStream::connect(address.trim_start_matches("http://"))?;
    write!(connection, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut line = String::new();
    BufReader::new(connection).read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

#[test]
fn a_headless_server_has_the_api_and_no_page() -> Result<()> {
    let host = Host::start(&directory("page-headless"), &["--http-port", "0"])?;
    assert!(page_address(&host).is_err());
    let address = http_address(&host)?;
    assert_eq!(get(&address, "/api/v1/system-info")?, "HTTP/1.1 200 OK");
    assert_eq!(get(&address, "/")?, "HTTP/1.1 404 Not Found");
    Ok(())
}

#[test]
fn a_browser_shows_and_drives_runs_and_no_other_site_does() -> Result<()> {
    let place = directory("page");
    let flags = ["--headless=false", "--ui-port", "0", "--ui-public-path", "/refrain"];
    let host = Host::start(&place, &flags)?;
    populate(&host)?;
    let mut look = browse("page", &place)?;
    let said = output_within(BROWSER_PATIENCE, look.arg(page_address(&host)?))?;
    assert_eq!(said.code, Some(0), "{}{}", said.stdout, said.stderr);
    expect![[r#"
        address: /refrain/
        list: <b>evil</b>/1 chain-1 chain-1 order-1 order-2 retry-1 trap-1 trip-1
        counts: 8 all 5 running 1 completed 1 failed 1 continued as new
        filtered: trip-1 at #/default/workflows?query=WorkflowType+%3D+%27travel%27
        wrong filter: invalid query: invalid search attribute: Colour
        back: WorkflowType = 'travel'
        by status: trip-1
        keyboard: from the filter into a run
        waits: status "awaitingWarehouse"
        signal: warehouseConfirmed
        result: { "orderId": "1001", "chargeId": "charge-1001", "reservationId": "reservation-1001", "deliveryId": "delivery-1001" }
        events: 5 Activity task scheduled, 6 Activity task started, 7 Activity task completed
        export: 29 events, the last EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED
        link: the row is open again
        failure: Failure | Activity bookFlight: Activity task failed | id 4 | Non retryable failure | refrain-host | caused by | SoldOut: no seat is left in economy | not retried
        timeline: Started | activity bookCar | activity bookHotel | timer 1 h | signal paid | activity bookFlight SoldOut: no seat is left in economy | activity cancelHotel NotRefundable: hotel-paris can't be canceled | activity cancelCar | Failed SoldOut: no seat is left in economy
        reset: a new run is shown
        stuck: W0201, trapped on purpose, bad::give_up
        terminated: <i>enough</i> (refrain-page)
        retrying: Attempt 2, last OnPurpose: attempt 1 fails on purpose
        chain: to the run before and back
        stranger: "<img src=x onerror='document.title=1'><script>document.title=2</script>" 12345678901234567890
        markup: 0
        title: <b>evil</b>/1 · Refrain
        schedule: When at 9:00, Mon–Fri
        triggered: and it has started a run
        queue: Current order-activities activities, Current order-fulfillment workflows
        wider than 390: []
        light and dark: rgb(247, 247, 248) rgb(16, 17, 20)
        complaints: []
        inline: markup handler script refused, 0 ran
        another site: refused refused
        own origin: 404
        foreign origin: 403
        null origin: 403
        a name that leads here: 403
        its page: 403
    "#]]
    .assert_eq(&said.stdout);

    let signals = |id: &str| -> Result<Vec<Value>> {
        let all = host.history(id)?;
        let signaled =
            all.iter().filter_map(|it| it.get("workflowExecutionSignaledEventAttributes"));
        Ok(signaled.cloned().collect())
    };
    let confirmed = signals("order-1")?;
    assert_eq!(confirmed.len(), 1, "{confirmed:?}");
    assert_eq!(confirmed[0]["identity"], "refrain-page");
    assert_eq!(signals("order-2")?, Vec::<Value>::new());
    Ok(())
}
