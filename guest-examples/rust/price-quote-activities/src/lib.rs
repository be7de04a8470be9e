//! What `price-quote` looks up, pretended.

use refrain_sdk::activities::info;
use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(Catalogue);

struct Catalogue;

#[activities]
impl Catalogue {
    /// The first two attempts fail.
    async fn price(item: &str) -> Result<u64> {
        let attempt = info().attempt;
        log::info!("price of {item}, attempt {attempt}, local: {}", info().is_local);
        if attempt < 3 {
            return Err(Failure::new("Busy", "the catalogue is busy"));
        }
        Ok(4200)
    }

    /// There is none.
    async fn discount(item: &str) -> Result<u64> {
        Err(Failure::new("NoDiscount", format!("no discount for {item}")).non_retryable())
    }

    /// The office is closed for the first attempt.
    async fn approve(_item: &str) -> Result<String> {
        if info().attempt == 1 {
            return Err(Failure::new("Closed", "the office is closed"));
        }
        Ok("the office".to_owned())
    }

    /// One page in each attempt, until the last one.
    #[activity(name = "leafThrough")]
    async fn leaf_through(pages: u32) -> Result {
        let page = info().attempt;
        log::info!("page {page} of {pages}");
        match page < pages {
            true => Err(Failure::new("NotYet", format!("it is not on page {page}"))),
            false => Ok(()),
        }
    }
}
