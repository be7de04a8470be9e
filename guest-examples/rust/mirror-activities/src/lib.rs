//! The local activities of `mirror`; the others are done by a worker in Python, on both sides.

use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(Mirror);

struct Mirror;

#[activities]
impl Mirror {
    async fn shout(name: &str) -> Result<String> {
        Ok(name.to_uppercase())
    }

    async fn balks(why: &str) -> Result {
        Err(Failure::new("Balked", why).non_retryable())
    }
}
