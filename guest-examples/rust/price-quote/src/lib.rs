//! What a thing costs: short look-ups that the host makes beside the workflow, without a task queue.

use refrain_sdk::prelude::*;
use refrain_sdk::{LocalActivity, local_activity};

refrain_sdk::export_workflows!(|| {
    Workflows::new()
        .workflow("quote", quote)
        .describe("The price less the discount, approved by an office that is not always open")
        .workflow("slowQuote", slow_quote)
        .describe("The price, on the last of so many pages")
});

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Quote {
    price: u64,
    approved_by: String,
}

async fn quote(item: String) -> Result<Quote> {
    let price: u64 = look_up("price").arg(&item).call().await?;
    // An item without a discount is no reason to give up.
    let discount = match look_up("discount").arg(&item).call().await {
        Ok(discount) => discount,
        Err(failure) if failure.kind() == Some("NoDiscount") => 0,
        Err(failure) => return Err(failure),
    };
    let office_hours = RetryPolicy { initial_interval_ms: 120_000, ..RetryPolicy::default() };
    let approved_by = look_up("approve").arg(&item).retry(office_hours).call().await?;
    Ok(Quote { price: price - discount, approved_by })
}

async fn slow_quote(item: String, pages: u32) -> Result<u64> {
    let price = look_up("price").arg(&item).call().await?;
    look_up("leafThrough").arg(&pages).call::<()>().await?;
    Ok(price)
}

fn look_up(name: &str) -> LocalActivity {
    let soon = RetryPolicy { initial_interval_ms: 1, ..RetryPolicy::default() };
    local_activity(name).start_to_close(seconds(20)).retry(soon)
}
