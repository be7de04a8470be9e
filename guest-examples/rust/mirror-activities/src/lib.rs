//! The local activities of `mirror`; the others are done by a worker in Python, on both sides.

use refrain_sdk::activities::Activities;
use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(|| Activities::new().activity("shout", shout).activity("balks", balks));

async fn shout(name: String) -> Result<String> {
    Ok(name.to_uppercase())
}

async fn balks(why: String) -> Result {
    Err(Failure::new("Balked", why).non_retryable())
}
