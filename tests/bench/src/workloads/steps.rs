//! W1 to W3: workflows and their activities.

use super::Scale;
use crate::figures::{Figure, figure, latencies, median, ms};
use crate::stage::{Stage, at_once};
use anyhow::Result;
use serde_json::json;
use std::sync::Arc;
use std::time::Instant;

const STEPS: usize = 100;

/// W1a
pub(crate) async fn one_at_a_time(
    stage: &Arc<Stage>,
    scale: Scale,
) -> Result<(usize, Vec<Figure>)> {
    let n = scale.of(300);
    let mut times = Vec::with_capacity(n);
    for _ in 0..n {
        times.push(stage.execute("one-activity", None).await?);
    }
    Ok((n, latencies(&times)))
}

/// W1b
pub(crate) async fn in_flight(stage: &Arc<Stage>, scale: Scale) -> Result<(usize, Vec<Figure>)> {
    let n = scale.of(5000);
    let shared = Arc::clone(stage);
    let began = Instant::now();
    let times = at_once(n, 200, move |_| {
        let stage = Arc::clone(&shared);
        async move { stage.execute("one-activity", None).await.map(drop) }
    })
    .await?;
    let rate = n as f64 / began.elapsed().as_secs_f64();
    let mut figures = vec![figure("rate", "workflows/s", rate)];
    figures.extend(latencies(&times));
    Ok((n, figures))
}

/// W2a
pub(crate) async fn sequence(stage: &Arc<Stage>, scale: Scale) -> Result<(usize, Vec<Figure>)> {
    let n = scale.of(10);
    let mut per_step = Vec::with_capacity(n);
    for _ in 0..n {
        let time = stage.execute("sequence", Some(json!(STEPS))).await?;
        per_step.push(ms(time) / STEPS as f64);
    }
    Ok((n * STEPS, vec![figure("per step p50", "ms", median(per_step))]))
}

/// W2b
pub(crate) async fn sequences(stage: &Arc<Stage>, scale: Scale) -> Result<(usize, Vec<Figure>)> {
    let n = 50;
    let steps = scale.of(STEPS);
    let shared = Arc::clone(stage);
    let began = Instant::now();
    at_once(n, n, move |_| {
        let stage = Arc::clone(&shared);
        async move { stage.execute("sequence", Some(json!(steps))).await.map(drop) }
    })
    .await?;
    let rate = (n * steps) as f64 / began.elapsed().as_secs_f64();
    Ok((n * steps, vec![figure("rate", "steps/s", rate)]))
}

/// W3
pub(crate) async fn parallel(stage: &Arc<Stage>, scale: Scale) -> Result<(usize, Vec<Figure>)> {
    let n = scale.of(20);
    let mut times = Vec::with_capacity(n);
    for _ in 0..n {
        times.push(ms(stage.execute("parallel", Some(json!(STEPS))).await?));
    }
    Ok((n * STEPS, vec![figure("p50", "ms", median(times))]))
}
