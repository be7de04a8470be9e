//! What a thing costs: short look-ups that the host makes beside the workflow, without a task queue.

use refrain_sdk::LocalActivity;
use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(quote, slow_quote);

#[activities]
trait Catalogue {
    async fn price(item: &str) -> Result<u64>;
    async fn discount(item: &str) -> Result<u64>;
    async fn approve(item: &str) -> Result<String>;
    #[activity(name = "leafThrough")]
    async fn leaf_through(pages: u32) -> Result;
}

/// Tried again after so long.
fn catalogue(retry_ms: u64) -> CatalogueStub<LocalActivity> {
    let policy = RetryPolicy { initial_interval_ms: retry_ms, ..RetryPolicy::default() };
    CatalogueStub::new(local().start_to_close(seconds(20)).retry(policy))
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Quote {
    price: u64,
    approved_by: String,
}

/// The price less the discount, approved by an office that is not always open.
#[workflow]
async fn quote(item: String) -> Result<Quote> {
    let price = catalogue(1).price(&item).await?;
    // An item without a discount is no reason to give up.
    let discount = match catalogue(1).discount(&item).await {
        Ok(discount) => discount,
        Err(failure) if failure.kind() == Some("NoDiscount") => 0,
        Err(failure) => return Err(failure),
    };
    let approved_by = catalogue(120_000).approve(&item).await?;
    Ok(Quote { price: price - discount, approved_by })
}

/// The price, on the last of so many pages.
#[workflow(name = "slowQuote")]
async fn slow_quote(item: String, pages: u32) -> Result<u64> {
    let price = catalogue(1).price(&item).await?;
    catalogue(1).leaf_through(pages).await?;
    Ok(price)
}
