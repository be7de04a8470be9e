//! What `price-quote` looks up, pretended.

use refrain_sdk::activities::{Activities, info};
use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(|| {
    Activities::new()
        .activity("price", price)
        .describe("The first two attempts fail")
        .activity("discount", discount)
        .describe("There is none")
        .activity("approve", approve)
        .describe("The office is closed for the first attempt")
        .activity("leafThrough", leaf_through)
        .describe("One page in each attempt, until the last one")
});

async fn price(item: String) -> Result<u64> {
    let attempt = info().attempt;
    log::info!("price of {item}, attempt {attempt}, local: {}", info().is_local);
    if attempt < 3 {
        return Err(Failure::new("Busy", "the catalogue is busy"));
    }
    Ok(4200)
}

async fn discount(item: String) -> Result<u64> {
    Err(Failure::new("NoDiscount", format!("no discount for {item}")).non_retryable())
}

async fn approve(_item: String) -> Result<String> {
    if info().attempt == 1 {
        return Err(Failure::new("Closed", "the office is closed"));
    }
    Ok("the office".to_owned())
}

async fn leaf_through(pages: u32) -> Result {
    let page = info().attempt;
    log::info!("page {page} of {pages}");
    match page < pages {
        true => Err(Failure::new("NotYet", format!("it is not on page {page}"))),
        false => Ok(()),
    }
}
