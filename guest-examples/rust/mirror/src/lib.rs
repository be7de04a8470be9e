//! What `guest-examples/python/mirror` does, done here: the histories of both are compared.

mod activities;
mod messages;
mod others;

use refrain_sdk::prelude::*;
use refrain_sdk::{SearchAttribute, info, sleep_named, upsert_memo, upsert_search_attributes};

refrain_sdk::export_workflows!(
    echo,
    refuses,
    timers,
    generations,
    second_try,
    attributes,
    carries,
    marks,
    patches,
    breaks,
    activities::greets,
    activities::persists,
    activities::gives_up,
    activities::meets_refusal,
    activities::runs_out_of_time,
    activities::changes_its_mind,
    activities::leaves_it,
    activities::trusts,
    activities::calls_close_by,
    messages::listens,
    messages::Early,
    messages::waits,
    messages::late_waits,
    messages::gate,
    messages::Desk,
    others::parent,
    others::impatient_parent,
    others::stern_parent,
    others::late_parent,
    others::parting,
    others::grandparent,
    others::caller
);

#[workflow]
async fn echo(value: String) -> Result<String> {
    Ok(value)
}

#[workflow]
async fn refuses(why: String) -> Result<String> {
    Err(Failure::new("Refused", why.clone()).detail(&why).non_retryable())
}

/// One timer fires, one is canceled.
#[workflow]
async fn timers() -> Result {
    let long = sleep_named(hours(1), "too long");
    sleep_named(millis(20), "short").await?;
    long.cancel();
    sleep(millis(10)).await
}

/// Continues as new as often as asked for.
#[workflow]
async fn generations(left: u32) -> Result<u32> {
    if left == 0 {
        return Ok(0);
    }
    Err(continue_as_new().arg(&(left - 1)).into())
}

/// Fails at its first attempt.
#[workflow(name = "secondTry")]
async fn second_try() -> Result<u32> {
    match info().attempt {
        1 => Err(Failure::new("NotYet", "the first attempt fails")),
        attempt => Ok(attempt),
    }
}

const STAGE: SearchAttribute<String> = SearchAttribute::keyword("Stage");
const ITEMS: SearchAttribute<i64> = SearchAttribute::int("Items");
const LABELS: SearchAttribute<Vec<String>> = SearchAttribute::keyword_list("Labels");

#[workflow]
async fn attributes() -> Result {
    upsert_search_attributes([
        STAGE.set(&"packing".to_owned()),
        ITEMS.set(&3),
        LABELS.set(&vec!["fragile".to_owned(), "gift".to_owned()]),
    ]);
    upsert_memo("note", &"packed by hand");
    sleep(millis(10)).await?;
    upsert_search_attributes([LABELS.unset()]);
    upsert_memo("note", &None::<String>);
    Ok(())
}

/// What is upserted in the first run of a chain, and seen in each.
#[workflow]
async fn carries(how: String) -> Result<String> {
    let info = info();
    if info.continued_from_run_id.is_none() && info.attempt == 1 {
        upsert_search_attributes([STAGE.set(&"upserted".to_owned()), LABELS.unset()]);
        upsert_memo("note", &"upserted");
        sleep(millis(10)).await?;
        match how.as_str() {
            "continues" => return Err(continue_as_new().arg(&how).into()),
            "fails" => return Err(Failure::new("NotYet", "the first attempt fails")),
            _ => {}
        }
    } else if how.is_empty() {
        sleep(hours(1)).await?;
    }
    Ok(STAGE.get().unwrap_or_default())
}

/// Says how far it is, signal by signal.
#[workflow]
async fn marks() -> Result<Vec<String>> {
    let mut heard = Vec::new();
    for stage in ["none heard", "one heard"] {
        upsert_search_attributes([STAGE.set(&stage.to_owned())]);
        upsert_memo("note", &stage);
        heard.push(signal::<String>("add").receive().await?);
    }
    Ok(heard)
}

#[workflow]
async fn patches() -> Result<bool> {
    let taken = patched("think-twice");
    sleep(millis(10)).await?;
    Ok(taken && patched("think-twice"))
}

/// Does what a program must not do.
#[workflow]
async fn breaks() -> Result {
    panic!("broken on purpose")
}
