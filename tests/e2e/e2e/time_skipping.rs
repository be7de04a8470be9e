//! Days that pass in milliseconds.

use crate::client::{Client, PATIENCE, runtime};
use crate::common::{BENCH, directory, python, start};
use anyhow::{Context, Result};
use expect_test::expect;
use refrain_e2e::host::eventually;
use refrain_e2e::{Host, order, paths};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

const THIRTY_DAYS_MS: u64 = 30 * 24 * 3600 * 1000;
/// Much less than any of the waits.
const SOON: Duration = Duration::from_secs(20);

#[test]
fn a_workflow_that_waits_for_30_days_is_done_at_once() -> Result<()> {
    let host = Host::start(&directory("time-skipping"), &["--time-skipping"])?;
    order::deploy_guest(&host, "rust/bench", BENCH)?;
    let began = Instant::now();
    let input = THIRTY_DAYS_MS.to_string();
    let execute = ["workflow", "execute", "--type", "sleep", "--task-queue", BENCH];
    host.cli(&[&execute[..], &["--workflow-id", "waits", "--input", &input]].concat())?;
    assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    let waited = seconds_between(&host, "waits", "TIMER_STARTED", "TIMER_FIRED")?;
    assert!((0..5).contains(&(waited - THIRTY_DAYS_MS as i64 / 1000)), "{waited} s");
    Ok(())
}

#[test]
fn time_does_not_jump_while_a_worker_has_something_to_do() -> Result<()> {
    let host = Host::start(&directory("time-skipping-activity"), &["--time-skipping"])?;
    order::deploy_guest(&host, "rust/bench", BENCH)?;
    let runtime = runtime()?;
    let client = runtime.block_on(async { Client::new(&host.address()) })?;
    let days = [crate::client::json(&THIRTY_DAYS_MS.into())];
    runtime.block_on(client.start("works", "one-activity", BENCH, &[], "works"))?;
    runtime.block_on(client.start("waits", "sleep", BENCH, &days, "waits"))?;
    let ended = runtime.block_on(client.wait_for_end("waits", Duration::from_secs(1)));
    let code = ended.map_err(|status| status.code());
    assert_eq!(code, Err(tonic::Code::DeadlineExceeded), "an activity waits for a worker");
    let waits = runtime.spawn({
        let client = client.clone();
        async move { client.wait_for_end("waits", Duration::from_secs(60)).await.map(drop) }
    });
    let nobody = "nobody polls its task queue";
    eventually("it is said who is missing", || Ok(host.log()?.contains(nobody).then_some(())))?;

    order::deploy_guest(&host, "rust/bench-activities", BENCH)?;
    runtime.block_on(waits)??;
    let log = host.log()?;
    assert_eq!(log.matches(nobody).count(), 1, "{log}");
    let types = ("ACTIVITY_TASK_SCHEDULED", "ACTIVITY_TASK_COMPLETED");
    let took = seconds_between(&host, "works", types.0, types.1)?;
    assert!(took < 3600, "{took} s");
    Ok(())
}

/// Of an activity that no workflow asked for, and of an update.
#[test]
fn time_jumps_for_whoever_waits_for_an_activity_or_for_an_update() -> Result<()> {
    let host = Host::start(&directory("time-skipping-others"), &["--time-skipping"])?;
    order::deploy_guest(&host, "rust/bench", BENCH)?;
    let runtime = runtime()?;
    let client = runtime.block_on(async { Client::new(&host.address()) })?;
    start(&host, "counter", "counter", BENCH)?;
    let execute = ["activity", "execute", "--activity-id", "a", "--type", "noop", "--task-queue"];
    let times = [BENCH, "--start-to-close-timeout", "10s"];
    let update = ["workflow", "update", "execute", "--workflow-id", "counter", "--name", "add"];
    for asked in [&[&execute[..], &times].concat()[..], &[&update[..], &["--input", "5"]].concat()]
    {
        let began = Instant::now();
        std::thread::scope(|scope| {
            let asked = scope.spawn(|| host.cli(asked));
            let first = runtime.block_on(client.poll_activity(BENCH, PATIENCE))?;
            runtime.block_on(client.fail_activity(first.task_token, THIRTY_DAYS_MS))?;
            let second = runtime.block_on(client.poll_activity(BENCH, PATIENCE))?;
            assert_eq!(second.attempt, 2);
            runtime.block_on(client.complete_activity(second.task_token))?;
            asked.join().map_err(|_| anyhow::anyhow!("a panic"))??;
            anyhow::Ok(())
        })?;
        assert!(began.elapsed() < SOON, "it took {:?}", began.elapsed());
    }
    Ok(())
}

fn seconds_between(host: &Host, workflow_id: &str, first: &str, second: &str) -> Result<i64> {
    let history = host.history(workflow_id)?;
    let time = |event: &str| -> Result<i64> {
        let is_it = |it: &&Value| it["eventType"] == format!("EVENT_TYPE_{event}");
        let time = history.iter().find(is_it).and_then(|it| it["eventTime"].as_str());
        let time: prost_types::Timestamp = time.context(event.to_owned())?.parse()?;
        Ok(time.seconds)
    };
    Ok(time(second)? - time(first)?)
}

/// Temporal's own test environment starts our program as its test server, and moves its time.
#[test]
fn the_time_skipping_environment_of_temporals_python_sdk_runs_on_this_server() -> Result<()> {
    let directory = directory("time-skipping-sdk");
    std::fs::create_dir_all(&directory)?;
    let mut sdk = python("time_skipping")?
        .arg(paths::binary()?)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()?;
    // The server says that it is ready on the same stream.
    let mut said = BufReader::new(sdk.stdout.take().context("stdout")?).lines();
    let address = loop {
        let line = said.next().context("the program ended before it was ready")??;
        if let Some(address) = line.strip_prefix("listens on ") {
            break address.to_owned();
        }
    };
    let guest = paths::guest("rust/bench")?;
    let guest = guest.to_string_lossy();
    let deploy = ["deploy", &guest, "--task-queue", BENCH, "--address", &address];
    refrain_e2e::host::binary(&deploy)?.or_fail("refrain", &deploy)?;
    sdk.stdin.take().context("stdin")?.write_all(b"\n")?;
    let said = said.collect::<Result<Vec<_>, _>>()?.join("\n");
    assert!(sdk.wait()?.success(), "{said}");
    expect![[r#"
        executed: 30 days later, soon
        after a day: RUNNING
        after two: COMPLETED"#]]
    .assert_eq(&said);
    Ok(())
}
