//! Activities for measuring and for tests.

use refrain_sdk::Json;
use refrain_sdk::activities::{heartbeat, info};
use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(Bench);

struct Bench;

#[activities]
impl Bench {
    async fn noop() -> Result {
        Ok(())
    }

    async fn echo(value: Json) -> Result<Json> {
        Ok(value)
    }

    /// Fails as many attempts as asked for, then answers with the attempt.
    async fn fail(n_failures: u32) -> Result<u32> {
        let attempt = info().attempt;
        if attempt <= n_failures {
            return Err(Failure::new("OnPurpose", format!("attempt {attempt} fails on purpose")));
        }
        Ok(attempt)
    }

    /// Heartbeats as often as asked for, or until canceled.
    async fn beat(n: u32) -> Result<u32> {
        for i in 0..n {
            heartbeat(&i)?;
        }
        Ok(n)
    }
}
