//! Temporal's own workers at work: stopped, killed, with too much to do, and with nothing.

use crate::common::cpu;
use crate::errands::Stage;
use anyhow::Result;
use refrain_e2e::host::eventually;
use refrain_e2e::order;
use refrain_e2e::proxy::Proxy;
use serde_json::json;
use std::time::{Duration, Instant};

fn watch(stage: &Stage, parcel: &str) -> Result<()> {
    let errand = json!({ "activity": "watch", "args": [parcel], "startToCloseMs": 600_000 });
    stage.start(parcel, "errand", &errand)
}

/// What it works on it completes; what comes meanwhile waits for others, and nothing is lost.
fn stops_gracefully(language: &str) -> Result<()> {
    let stage = Stage::new(&format!("worker-stops-{language}"), "rust/bench")?;
    let mut first = stage.worker(language, &[])?;
    watch(&stage, "p1")?;
    first.wait_for("watch p1 attempt 1 from 0")?;
    first.terminate()?;
    first.wait_for("stopping")?;
    watch(&stage, "p2")?;
    let mut second = stage.worker(language, &[])?;
    second.wait_for("watch p2 attempt 1 from 0")?;
    stage.happens("p1", "delivered")?;
    stage.happens("p2", "delivered")?;
    assert_eq!(order::result(&stage.host, "p1")?, "\"p1 after 1\"");
    assert_eq!(order::result(&stage.host, "p2")?, "\"p2 after 1\"");
    assert!(first.wait_for_end()?, "{}", first.said()?);
    assert_eq!(first.count("stopped")?, 1);
    assert_eq!(first.count("p1 delivered")?, 1, "{}", first.said()?);
    Ok(())
}

#[test]
fn a_python_worker_that_is_stopped_completes_what_it_has() -> Result<()> {
    stops_gracefully("python")
}

#[test]
fn a_typescript_worker_that_is_stopped_completes_what_it_has() -> Result<()> {
    stops_gracefully("typescript")
}

const N_AT_ONCE: usize = 20;
const PER_WORKFLOW: usize = 500;
const WORKFLOWS: [&str; 6] = ["w1", "w2", "w3", "w4", "w5", "w6"];

/// Thousands of activities, and workers that take a few at a time: one of them is killed in the
/// middle. What it had is done by the others, and each activity counts once.
#[test]
fn thousands_of_activities_are_done_though_a_worker_is_killed_in_the_middle() -> Result<()> {
    let stage = Stage::new("worker-stress", "rust/bench")?;
    let flags = ["--at-once", &N_AT_ONCE.to_string()];
    let mut killed = stage.worker("python", &[&flags[..], &["--hold-after", "100"]].concat())?;
    for id in WORKFLOWS {
        stage.start(id, "parallel", &json!(PER_WORKFLOW))?;
    }
    killed.wait_for("holds what it has")?;
    killed.kill()?;
    let others = [stage.worker("typescript", &flags)?, stage.worker("python", &flags)?];
    let began = Instant::now();
    for id in WORKFLOWS {
        while began.elapsed() < Duration::from_secs(180) {
            let described = stage.host.json(&["workflow", "describe", "--workflow-id", id])?;
            if described.to_string().contains("COMPLETED") {
                break;
            }
            std::thread::sleep(Duration::from_millis(200));
        }
        assert_eq!(order::result(&stage.host, id)?, PER_WORKFLOW.to_string());
        let types = stage.host.event_types(id)?;
        let n = |kind: &str| types.iter().filter(|it| *it == kind).count();
        assert_eq!(n("ACTIVITY_TASK_SCHEDULED"), PER_WORKFLOW);
        assert_eq!(n("ACTIVITY_TASK_COMPLETED"), PER_WORKFLOW);
    }
    let too_many = format!("{} at once", N_AT_ONCE + 1);
    for worker in [&killed, &others[0], &others[1]] {
        assert_eq!(worker.count(&too_many)?, 0, "{}", worker.said()?);
    }
    assert!(n_retried(&stage)? > 0, "the killed worker had some of them");
    Ok(())
}

fn n_retried(stage: &Stage) -> Result<usize> {
    let mut n = 0;
    for id in WORKFLOWS {
        let history = stage.host.history(id)?;
        let attempts = history.iter().filter_map(|it| it.get("activityTaskStartedEventAttributes"));
        n += attempts.filter(|it| it["attempt"] != 1).count();
    }
    Ok(n)
}

const IDLE: Duration = Duration::from_secs(5);
/// A poll has some hundred bytes: fewer than one for each poller that waits.
const IDLE_BYTES_MAX: usize = 600;

/// Its polls wait at the host; until there is something for them, hardly a byte is sent and the
/// host has nothing to do.
fn idles(language: &str) -> Result<()> {
    let stage = Stage::new(&format!("worker-idle-{language}"), "rust/bench")?;
    let wire = Proxy::start(&stage.host.address())?;
    let mut worker = stage.worker_at(wire.address(), language, &[])?;
    watch(&stage, "p1")?;
    worker.wait_for("watch p1 attempt 1 from 0")?;
    stage.happens("p1", "delivered")?;
    order::result(&stage.host, "p1")?;
    // Now there is nothing left to do.
    eventually("the worker has nothing more to send", || {
        let before = wire.asked();
        std::thread::sleep(Duration::from_millis(300));
        Ok((wire.asked() == before).then_some(()))
    })?;
    let (sent, used) = (wire.asked(), cpu(&stage.host)?);
    std::thread::sleep(IDLE);
    let (sent, used) = (wire.asked() - sent, cpu(&stage.host)? - used);
    assert!(sent < IDLE_BYTES_MAX, "{sent} bytes in {IDLE:?}");
    assert!(used < Duration::from_millis(250), "{used:?} of CPU time in {IDLE:?}");
    // And it is there at once.
    let began = Instant::now();
    watch(&stage, "p2")?;
    worker.wait_for("watch p2 attempt 1 from 0")?;
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    Ok(())
}

#[test]
fn an_idle_python_worker_only_waits() -> Result<()> {
    idles("python")
}

#[test]
fn an_idle_typescript_worker_only_waits() -> Result<()> {
    idles("typescript")
}
