//! What lives longer than one run: an account that goes on in a new run whenever its history has
//! grown, work that is tried again as a whole, and a digest that is written each morning.

use refrain_sdk::prelude::*;
use refrain_sdk::{continue_as_new_suggested, info, last_failure, last_result};

refrain_sdk::export_workflows!(account, flaky, digest, publisher);

/// All that it is goes along as the argument of the next run; deposits that it has not seen yet
/// follow by themselves.
#[workflow(signals("deposit", "close"), queries("deposits"))]
async fn account(mut deposits: Vec<u32>, per_run: usize) -> Result<Vec<u32>> {
    let before = deposits.len();
    let shown = published("deposits", before);
    let mut incoming = signal::<u32>("deposit");
    let mut closed = signal::<()>("close").receive();
    loop {
        select_biased! {
            deposit = incoming.select_next_some() => deposits.push(deposit?),
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

/// Fails in its first attempts.
#[workflow]
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
#[workflow]
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

/// Has a digest as its child.
#[workflow]
async fn publisher(cron: String, last: u32) -> Result<u32> {
    let digest = child("digest").arg(&last).workflow_id("digest-of-publisher").cron_schedule(cron);
    digest.start().result.await
}
