//! W7: histories that a new host replays.

use super::{RUST, Scale};
use crate::client::Client;
use crate::figures::{Row, figure, median, ms};
use crate::stage::{Activities, QUEUE, Stage};
use crate::usage::Cost;
use anyhow::{Context, Result};
use serde_json::json;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;
use tokio::task::JoinSet;

/// Of each length; the first one replayed also waits for the component to be loaded.
const WORKFLOWS: usize = 5;
const SHORT: usize = 1000;
/// Six events each: 10,000 would be more than a history may have.
const LONG: usize = 8000;

/// A workflow with many finished activities waits for its last one; the host is killed and
/// started again; then the last activity's result comes.
pub(crate) async fn cold(guest: &'static str, scale: Scale) -> Result<Row> {
    let mut stage = Stage::open(guest, Activities::Nobody, &[]).await?;
    let mut figures = Vec::new();
    let mut units = 0;
    let goal = if guest == RUST { 15.0 } else { 50.0 };
    for (n, first, next) in
        [(SHORT, "1,000: first", "1,000: others p50"), (LONG, "8,000: first", "8,000: others p50")]
    {
        let n = scale.of(n);
        let mut times = Vec::new();
        let mut firsts = Vec::new();
        for _ in 0..scale.runs.min(3) {
            let held = grow(&stage, n).await?;
            stage.host.kill()?;
            stage.start_again().await?;
            for (at, (id, token)) in held.into_iter().enumerate() {
                let began = Instant::now();
                stage.client.complete(token).await?;
                stage.client.result(&id).await?;
                if at == 0 { &mut firsts } else { &mut times }.push(ms(began.elapsed()));
            }
        }
        units += n;
        let mut first = figure(first, "ms", median(firsts));
        let mut next = figure(next, "ms", median(times));
        if n == SHORT {
            (first.goal, next.goal) = (Some(goal), Some(goal));
        }
        figures.extend([first, next]);
    }
    Ok(Row {
        workload: "W7",
        guest,
        activities: "held by the driver",
        runs: scale.runs.min(3),
        units,
        figures,
        cost: Cost::default(),
        resident_bytes: stage.resident()?,
    })
}

/// Workflows with `n` finished activities and one that is not: their ids, and the token of that.
async fn grow(stage: &Stage, n: usize) -> Result<Vec<(String, Vec<u8>)>> {
    let mut left = HashMap::new();
    for _ in 0..WORKFLOWS {
        left.insert(stage.start("sequence", Some(json!(n + 1))).await?, n);
    }
    let left = Arc::new(Mutex::new(left));
    let mut lanes = JoinSet::new();
    for _ in 0..WORKFLOWS {
        lanes.spawn(work_until_held(stage.client.clone(), Arc::clone(&left)));
    }
    let mut all = Vec::new();
    while let Some(held) = lanes.join_next().await {
        all.push(held??);
    }
    Ok(all)
}

/// Completes activities until one comes that is the last of its workflow.
async fn work_until_held(
    client: Client,
    left: Arc<Mutex<HashMap<String, usize>>>,
) -> Result<(String, Vec<u8>)> {
    loop {
        let task = client.poll(QUEUE).await?;
        let Some(execution) = task.workflow_execution else { continue };
        let is_last = {
            let mut left = left.lock().unwrap_or_else(PoisonError::into_inner);
            let left = left.get_mut(&execution.workflow_id).context("a stranger's task")?;
            let is_last = *left == 0;
            *left = left.saturating_sub(1);
            is_last
        };
        if is_last {
            return Ok((execution.workflow_id, task.task_token));
        }
        client.complete(task.task_token).await?;
    }
}
