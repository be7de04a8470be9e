//! Asks for the price of many items, so many at a time. Each is asked of two shops, of which the
//! faster one counts; what has no price at the deadline is given up.

use refrain_sdk::futures::future::select_all;
use refrain_sdk::futures::stream::{StreamExt as _, TryStreamExt as _, iter};
use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(parallel_map);

const SHOPS: [&str; 2] = ["corner", "market"];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Search {
    items: Vec<String>,
    at_once: usize,
    deadline_ms: u64,
}

/// A price for each item, or none.
#[workflow(name = "parallelMap")]
async fn parallel_map(search: Search) -> Result<Vec<Option<String>>> {
    let mut prices = vec![None; search.items.len()];
    let found = with_timeout(millis(search.deadline_ms), || {
        iter(search.items.iter().enumerate())
            .map(|(nth, item)| faster_one(item).map(move |price| price.map(|it| (nth, it))))
            .buffer_unordered(search.at_once)
            .try_for_each(|(nth, price)| {
                prices[nth] = Some(price);
                async { Ok(()) }
            })
    });
    match found.await {
        Err(failure) if !failure.is_canceled() => Err(failure),
        Ok(()) | Err(_) => Ok(prices),
    }
}

async fn faster_one(item: &str) -> Result<String> {
    let scope = Scope::new();
    let ask = |shop| {
        let ask = activity("price").arg(item).arg(shop).id(format!("{item}-{shop}"));
        ask.start_to_close(days(1)).call()
    };
    let (price, ..) = scope.run(|| select_all(SHOPS.map(ask))).await;
    scope.cancel();
    price
}
