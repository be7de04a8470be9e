//! W6, W8 and W9: many workflows that wait.

use super::{RUST, Scale};
use crate::figures::{Figure, Row, figure, median, ms};
use crate::stage::{Activities, Stage, at_once};
use crate::usage::{Cost, database_bytes};
use anyhow::Result;
use serde_json::json;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// W8
pub(crate) async fn starts(stage: &Arc<Stage>, scale: Scale) -> Result<(usize, Vec<Figure>)> {
    let n = scale.of(20_000);
    let began = Instant::now();
    start_idle(stage, n).await?;
    let rate = n as f64 / began.elapsed().as_secs_f64();
    Ok((n, vec![figure("rate", "starts/s", rate)]))
}

async fn start_idle(stage: &Arc<Stage>, n: usize) -> Result<()> {
    let shared = Arc::clone(stage);
    at_once(n, 200, move |_| {
        let stage = Arc::clone(&shared);
        async move { stage.start("wait-signal", None).await.map(drop) }
    })
    .await
    .map(drop)
}

/// W6: once with every guest kept, once with none.
pub(crate) async fn memory(guest: &'static str, scale: Scale) -> Result<Row> {
    // As many as the host has room for: it refuses to start if Linux's 65,530 mappings of memory
    // for a process can't hold them all.
    const WARM: usize = 2500;
    let n = scale.of(10_000);
    let (warm, _, resident_bytes) = per_idle_run(guest, scale.of(WARM), WARM).await?;
    let (evicted, disk, _) = per_idle_run(guest, n, 0).await?;
    let mut figures = vec![
        figure("warm", "bytes", warm),
        figure("evicted", "bytes", evicted),
        figure("disk", "bytes", disk),
    ];
    let goal_warm = if guest == RUST { 60_000.0 } else { 500_000.0 };
    for (figure, goal) in figures.iter_mut().zip([goal_warm, 500.0]) {
        figure.goal = Some(goal);
    }
    Ok(Row {
        workload: "W6",
        guest,
        activities: Activities::Nobody.name(),
        runs: 1,
        units: n,
        figures,
        cost: Cost::default(),
        resident_bytes,
    })
}

async fn per_idle_run(guest: &str, n: usize, warm_runs: usize) -> Result<(f64, f64, u64)> {
    let stage =
        Stage::open(guest, Activities::Nobody, &["--warm-runs", &warm_runs.to_string()]).await?;
    let mut stage = Arc::new(stage);
    // What is there once, however many there are: code, threads, caches.
    start_idle(&stage, 200).await?;
    if let Some(stage) = Arc::get_mut(&mut stage) {
        stage.host.stop()?;
    }
    let disk_before = database_bytes(&stage.directory)?;
    if let Some(stage) = Arc::get_mut(&mut stage) {
        stage.start_again().await?;
    }
    start_idle(&stage, 200).await?;
    let before = stage.resident()?;
    start_idle(&stage, n - 200).await?;
    // What is let go of is let go of soon.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let after = stage.resident()?;
    if let Some(stage) = Arc::get_mut(&mut stage) {
        stage.host.stop()?;
    }
    let disk = database_bytes(&stage.directory)?.saturating_sub(disk_before);
    let memory = after.saturating_sub(before) as f64 / (n - 200) as f64;
    Ok((memory, disk as f64 / n as f64, after))
}

/// W9: from the start of the process until it answers, and until it has done something.
pub(crate) async fn start_up(scale: Scale) -> Result<Row> {
    let n = scale.of(scale.idle_runs);
    let mut stage = Arc::new(Stage::open(RUST, Activities::Nobody, &[]).await?);
    start_idle(&stage, n).await?;
    let (mut ready, mut first, mut resident_bytes) = (Vec::new(), Vec::new(), 0);
    for run in 0..scale.runs {
        let Some(stage) = Arc::get_mut(&mut stage) else { break };
        stage.host.kill()?;
        ready.push(ms(stage.start_again().await?));
        resident_bytes = stage.resident()?;
        let began = Instant::now();
        let id = format!("bench-{run}");
        stage.client.signal(&id, "go", json!("x")).await?;
        stage.client.result(&id).await?;
        first.push(ms(began.elapsed()));
    }
    Ok(Row {
        workload: "W9",
        guest: RUST,
        activities: Activities::Nobody.name(),
        runs: scale.runs,
        units: n,
        figures: vec![
            figure("until ready", "ms", median(ready)),
            figure("then one signal", "ms", median(first)),
        ],
        cost: Cost::default(),
        resident_bytes,
    })
}
