//! What lives longer than one run: an account that goes on in a new run whenever its history has
//! grown, work that is tried again as a whole, and a digest that is written each morning.

use refrain_sdk::prelude::*;
use refrain_sdk::{continue_as_new_suggested, info, last_failure, last_result};

refrain_sdk::export_workflows!(|| {
    Workflows::new()
        .workflow("account", account)
        .describe("Takes deposits until it is closed, so many in each of its runs")
        .signal("deposit")
        .signal("close")
        .query("deposits")
        .workflow("flaky", flaky)
        .describe("Fails in its first attempts")
        .workflow("digest", digest)
        .describe("Begins again at the times of its cron string, until it has had enough")
        .workflow("publisher", publisher)
        .describe("Has a digest as its child")
});

/// All that it is goes along as the argument of the next run; deposits that it has not seen yet
/// follow by themselves.
async fn account(mut deposits: Vec<u32>, per_run: usize) -> Result<Vec<u32>> {
    let before = deposits.len();
    let shown = published("deposits", before);
    let incoming = signal::<u32>("deposit");
    let mut closed = signal::<()>("close").receive().fuse();
    loop {
        let mut next = incoming.receive().fuse();
        select_biased! {
            deposit = next => deposits.push(deposit?),
            close = closed => {
                close?;
                return Ok(deposits);
            }
        }
        shown.set(deposits.len());
        if deposits.len() - before >= per_run || continue_as_new_suggested() {
            return Err(continue_as_new().arg(&deposits).arg(&per_run).into());
        }
    }
}

async fn flaky(failures: u32) -> Result<String> {
    let attempt = info().attempt;
    if attempt <= failures {
        return Err(Failure::new("Flaky", format!("attempt {attempt} failed")));
    }
    let why = last_failure().map_or("nothing".to_owned(), |it| it.root_message().to_owned());
    Ok(format!("attempt {attempt} after {why}"))
}

/// Its result is the number of the digest. The second is written at the second try: what failed
/// does not take the last result away. A run that continues as new has no cron string any more.
async fn digest(last: u32) -> Result<u32> {
    let nth = last_result::<u32>()?.unwrap_or(0);
    if info().cron_schedule.is_none() {
        return Ok(nth);
    }
    if nth == last {
        return Err(continue_as_new().arg(&last).into());
    }
    if nth == 1 && last_failure().is_none() {
        return Err(Failure::new("PaperJam", "the printer is stuck"));
    }
    Ok(nth + 1)
}

async fn publisher(cron: String, last: u32) -> Result<u32> {
    let digest = child("digest").arg(&last).workflow_id("digest-of-publisher").cron_schedule(cron);
    digest.start().result.await
}
