//! Activities for measuring and for tests.

use refrain_sdk::Json;
use refrain_sdk::activities::{Activities, heartbeat, info};
use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(|| {
    Activities::new()
        .activity("noop", noop)
        .activity("echo", echo)
        .activity("fail", fail)
        .describe("Fails as many attempts as asked for, then answers with the attempt")
        .activity("beat", beat)
        .describe("Heartbeats as often as asked for, or until canceled")
});

async fn noop() -> Result {
    Ok(())
}

async fn echo(value: Json) -> Result<Json> {
    Ok(value)
}

async fn fail(n_failures: u32) -> Result<u32> {
    let attempt = info().attempt;
    if attempt <= n_failures {
        return Err(Failure::new("OnPurpose", format!("attempt {attempt} fails on purpose")));
    }
    Ok(attempt)
}

async fn beat(n: u32) -> Result<u32> {
    for i in 0..n {
        heartbeat(&i)?;
    }
    Ok(n)
}
