//! Activities, and whatever can become of them.

use refrain_sdk::prelude::*;
use refrain_sdk::{Activity, local_activity};

fn quick(name: &str) -> Activity {
    activity(name).start_to_close(seconds(10))
}

fn policy(attempts: u32) -> RetryPolicy {
    RetryPolicy {
        initial_interval_ms: 10,
        backoff_coefficient: 1.5,
        maximum_interval_ms: Some(1000),
        maximum_attempts: attempts,
        non_retryable_error_types: vec!["Fatal".to_owned()],
    }
}

#[workflow]
pub async fn greets(name: String) -> Result<String> {
    activity("greet")
        .arg(&name)
        .schedule_to_close(seconds(60))
        .schedule_to_start(seconds(50))
        .start_to_close(seconds(40))
        .heartbeat(seconds(30))
        .retry(policy(5))
        .summary("says hello")
        .call()
        .await
}

/// Fails twice, then succeeds.
#[workflow]
pub async fn persists() -> Result<u32> {
    quick("fails").arg(&2).retry(policy(5)).call().await
}

#[workflow(name = "givesUp")]
pub async fn gives_up() -> Result<u32> {
    quick("fails").arg(&9).retry(policy(2)).call().await
}

#[workflow(name = "meetsRefusal")]
pub async fn meets_refusal(kind: String) -> Result {
    quick("refuses").arg(&kind).retry(policy(5)).call().await
}

#[workflow(name = "runsOutOfTime")]
pub async fn runs_out_of_time() -> Result<Vec<String>> {
    let unheard = activity("greet").arg("nobody").task_queue("nobody").start_to_close(seconds(10));
    let mut told = Vec::new();
    let tries = [
        unheard.clone().schedule_to_start(millis(50)),
        unheard.schedule_to_close(millis(50)),
        activity("stalls").start_to_close(seconds(1)).retry(policy(1)),
        quick("stalls").heartbeat(seconds(1)).retry(policy(1)),
    ];
    for started in tries {
        let outcome = started.call::<String>().await;
        told.push(outcome.map_or_else(|failure| failure.root_message().to_owned(), |it| it));
    }
    Ok(told)
}

/// Waits for the activity to confirm.
#[workflow(name = "changesItsMind")]
pub async fn changes_its_mind() -> Result<bool> {
    let stalling = quick("stalls").heartbeat(seconds(5)).wait_when_canceled().call::<()>();
    signal::<()>("enough").receive().await?;
    stalling.cancel();
    Ok(stalling.await.is_err_and(|failure| failure.is_canceled()))
}

/// Does not wait; nobody has begun.
#[workflow(name = "leavesIt")]
pub async fn leaves_it() -> Result<bool> {
    let unheard = quick("greet").arg("nobody").task_queue("nobody").call::<String>();
    sleep(millis(10)).await?;
    unheard.cancel();
    let canceled = unheard.await.is_err_and(|failure| failure.is_canceled());
    sleep(seconds(1)).await?;
    Ok(canceled)
}

/// Someone else completes the activity.
#[workflow]
pub async fn trusts() -> Result<String> {
    activity("later").id("later").start_to_close(seconds(60)).heartbeat(seconds(50)).call().await
}

/// Both are local: one succeeds, one does not.
#[workflow(name = "callsCloseBy")]
pub async fn calls_close_by(name: String) -> Result<Vec<String>> {
    let near = |activity: &str| local_activity(activity).arg(&name).start_to_close(seconds(10));
    let shouted: String = near("shout").call().await?;
    let balked = near("balks").call::<()>().await;
    Ok(vec![shouted, balked.err().map_or_else(String::new, |it| it.root_message().to_owned())])
}
