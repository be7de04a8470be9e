//! Small workflows for measuring and for tests.

use refrain_sdk::prelude::*;
use refrain_sdk::{Activity, Json, or_canceled};

refrain_sdk::export_workflows!(
    one_activity,
    sequence,
    parallel,
    sleep_for,
    timers,
    wait_signal,
    echo,
    Counter,
    until_canceled,
    parent,
    generations,
    errand
);

#[workflow(name = "one-activity")]
async fn one_activity() -> Result {
    noop().call().await
}

/// As many activities as asked for, one after another.
#[workflow]
async fn sequence(n: u32) -> Result<u32> {
    for _ in 0..n {
        noop().call::<()>().await?;
    }
    Ok(n)
}

/// As many activities as asked for, all at once.
#[workflow]
async fn parallel(n: u32) -> Result<u32> {
    let started: Vec<Operation<()>> = (0..n).map(|_| noop().call()).collect();
    try_join_all(started).await?;
    Ok(n)
}

#[workflow(name = "sleep")]
async fn sleep_for(ms: u64) -> Result {
    sleep(millis(ms)).await
}

/// As many timers as asked for, all due at once.
#[workflow]
async fn timers(n: u32, ms: u64) -> Result<u32> {
    try_join_all((0..n).map(|_| sleep(millis(ms)))).await?;
    Ok(n)
}

#[workflow(name = "wait-signal", signals("go"), queries("status"))]
async fn wait_signal() -> Result<Json> {
    let status = published("status", "waiting");
    let value = signal("go").receive().await?;
    status.set("signaled");
    Ok(value)
}

#[workflow]
async fn echo(value: Json) -> Result<Json> {
    Ok(value)
}

#[derive(Default)]
struct Counter {
    sum: i64,
}

/// Adds up what comes by the update `add`, which answers with the sum, until there are 100.
#[workflow(name = "counter")]
impl Counter {
    #[run]
    async fn run(state: Shared<Self>) -> Result<i64> {
        state.wait_until(|it| it.sum >= 100).await?;
        Ok(state.borrow().sum)
    }

    #[query]
    fn sum(&self) -> i64 {
        self.sum
    }

    #[update]
    async fn add(state: Shared<Self>, n: i64) -> Result<i64> {
        noop().call::<()>().await?;
        Ok(state.update(|it| {
            it.sum += n;
            it.sum
        }))
    }

    #[validator(add)]
    fn check(&self, n: &i64) -> Result {
        match n {
            1.. => Ok(()),
            _ => Err(Failure::new("NotPositive", format!("{n} is not positive"))),
        }
    }
}

/// Waits for cancellation, cleans up, and closes as canceled.
#[workflow(name = "until-canceled")]
async fn until_canceled() -> Result {
    let outcome = or_canceled(sleep(days(365))).await;
    shielded(|| noop().call::<()>()).await?;
    outcome
}

/// Runs another workflow type as its child.
#[workflow]
async fn parent(workflow_type: String, argument: Json) -> Result<Json> {
    let child = child(&workflow_type).arg(&argument).start();
    child.started.await?;
    child.result.await
}

/// Continues as new as often as asked for.
#[workflow]
async fn generations(left: u32) -> Result<u32> {
    if left == 0 {
        return Ok(0);
    }
    Err(continue_as_new().arg(&(left - 1)).into())
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Errand {
    activity: String,
    args: Vec<Json>,
    activity_id: Option<String>,
    schedule_to_close_ms: Option<u64>,
    schedule_to_start_ms: Option<u64>,
    start_to_close_ms: Option<u64>,
    heartbeat_ms: Option<u64>,
    attempts: u32,
    retry_ms: u64,
    non_retryable: Vec<String>,
    /// Else it tries to cancel.
    when_canceled: Option<String>,
}

/// One activity with options as asked for; when canceled, goes on until `done`.
#[workflow(signals("done"), queries("state"))]
async fn errand(errand: Errand) -> Result<Json> {
    let state = published("state", "under way");
    let mut step = activity(&errand.activity).retry(RetryPolicy {
        initial_interval_ms: errand.retry_ms,
        maximum_attempts: errand.attempts,
        non_retryable_error_types: errand.non_retryable,
        ..RetryPolicy::default()
    });
    for arg in &errand.args {
        step = step.arg(arg);
    }
    if let Some(id) = errand.activity_id {
        step = step.id(id);
    }
    if let Some(ms) = errand.schedule_to_close_ms {
        step = step.schedule_to_close(millis(ms));
    }
    if let Some(ms) = errand.schedule_to_start_ms {
        step = step.schedule_to_start(millis(ms));
    }
    if let Some(ms) = errand.start_to_close_ms {
        step = step.start_to_close(millis(ms));
    }
    if let Some(ms) = errand.heartbeat_ms {
        step = step.heartbeat(millis(ms));
    }
    step = match errand.when_canceled.as_deref() {
        Some("wait") => step.wait_when_canceled(),
        Some("abandon") => step.abandon_when_canceled(),
        Some(_) | None => step,
    };
    let outcome = step.call().await;
    if matches!(&outcome, Err(failure) if failure.is_canceled()) {
        state.set("canceled");
        shielded(|| signal::<()>("done").receive()).await?;
    }
    outcome
}

fn noop() -> Activity {
    activity("noop").start_to_close(seconds(10))
}
