//! W4 and W5: timers and signals.

use super::Scale;
use crate::figures::{Figure, figure, latencies, percentile};
use crate::stage::{Stage, at_once};
use anyhow::{Context, Result};
use serde_json::json;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};
use temporalio_protos::temporal::api::enums::v1::EventType;

const SLEEP: Duration = Duration::from_secs(2);

/// W4: how long after the timer was due the client has the result.
pub(crate) async fn lateness(stage: &Arc<Stage>, scale: Scale) -> Result<(usize, Vec<Figure>)> {
    let n = scale.of(1000);
    let ended = Arc::new(Mutex::new(Vec::with_capacity(n)));
    let (shared, ends) = (Arc::clone(stage), Arc::clone(&ended));
    at_once(n, n, move |_| {
        let (stage, ends) = (Arc::clone(&shared), Arc::clone(&ends));
        async move {
            let id = stage.start("sleep", Some(json!(SLEEP.as_millis() as u64))).await?;
            stage.client.result(&id).await?;
            let now = SystemTime::now();
            ends.lock().unwrap_or_else(PoisonError::into_inner).push((id, now));
            Ok(())
        }
    })
    .await?;
    let ended = std::mem::take(&mut *ended.lock().unwrap_or_else(PoisonError::into_inner));
    let mut late = Vec::with_capacity(n);
    for (id, end) in ended {
        let due = started(stage, &id).await? + SLEEP;
        let end = end.duration_since(SystemTime::UNIX_EPOCH)?;
        late.push((end.as_secs_f64() - due.as_secs_f64()) * 1000.0);
    }
    let mut of = |percent| percentile(&mut late, percent);
    let figures = vec![
        figure("late p50", "ms", of(50.0)),
        figure("p99", "ms", of(99.0)),
        figure("max", "ms", of(100.0)),
    ];
    Ok((n, figures))
}

/// When the timer was started, since 1970.
async fn started(stage: &Stage, id: &str) -> Result<Duration> {
    let events = stage.client.first_events(id).await?;
    let event = events.iter().find(|it| it.event_type() == EventType::TimerStarted);
    let at = event.and_then(|it| it.event_time).context("no timer in the history")?;
    Ok(Duration::new(at.seconds as u64, at.nanos as u32))
}

/// W5
pub(crate) async fn signal(stage: &Arc<Stage>, scale: Scale) -> Result<(usize, Vec<Figure>)> {
    let n = scale.of(300);
    let mut times = Vec::with_capacity(n);
    for _ in 0..n {
        let id = stage.start("wait-signal", None).await?;
        let began = Instant::now();
        stage.client.signal(&id, "go", json!("x")).await?;
        stage.client.result(&id).await?;
        times.push(began.elapsed());
    }
    Ok((n, latencies(&times)))
}
