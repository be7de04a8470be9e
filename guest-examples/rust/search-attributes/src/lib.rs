//! A parcel that says where it is, so that lists find it.

use refrain_sdk::prelude::*;
use refrain_sdk::{SearchAttribute, info, upsert_memo, upsert_search_attributes};

refrain_sdk::export_workflows!(parcel, forwarded, misnamed);

const STAGE: SearchAttribute<String> = SearchAttribute::keyword("Stage");
const ITEMS: SearchAttribute<i64> = SearchAttribute::int("Items");
const WEIGHT: SearchAttribute<f64> = SearchAttribute::double("Weight");
const EXPRESS: SearchAttribute<bool> = SearchAttribute::bool("Express");
const DUE: SearchAttribute<String> = SearchAttribute::datetime("Due");
const LABELS: SearchAttribute<Vec<String>> = SearchAttribute::keyword_list("Labels");
const ADDRESS: SearchAttribute<String> = SearchAttribute::text("Address");

#[derive(Serialize)]
struct Seen {
    stage: String,
    items: i64,
    labels: Option<Vec<String>>,
    memo: usize,
}

#[workflow]
async fn parcel(items: i64, address: String) -> Result<Seen> {
    let shipped = signal::<()>("shipped").receive();
    upsert_search_attributes([
        STAGE.set(&"packing".to_owned()),
        ITEMS.set(&items),
        WEIGHT.set(&(items as f64 * 1.5)),
        EXPRESS.set(&(items > 2)),
        DUE.set(&"2026-12-24T18:00:00.000Z".to_owned()),
        LABELS.set(&vec!["fragile".to_owned(), "gift".to_owned()]),
        ADDRESS.set(&address),
    ]);
    upsert_memo("note", &"packed by hand");
    shipped.await?;
    upsert_search_attributes([STAGE.set(&"shipped".to_owned()), LABELS.unset()]);
    upsert_memo("note", &None::<String>);
    Ok(Seen {
        stage: STAGE.get().unwrap_or_default(),
        items: ITEMS.get().unwrap_or_default(),
        labels: LABELS.get(),
        memo: info().memo.len(),
    })
}

#[derive(Serialize)]
struct Arrived {
    stage: String,
    items: i64,
    memo: Vec<String>,
}

/// Goes on as a new run at each stop: what it says of itself goes along.
#[workflow]
async fn forwarded(stops: u32) -> Result<Arrived> {
    if stops == 2 {
        upsert_search_attributes([STAGE.set(&"packing".to_owned()), ITEMS.set(&3)]);
        upsert_memo("from", &"North");
        upsert_memo("note", &"packed by hand");
    }
    if stops == 1 {
        upsert_search_attributes([STAGE.set(&"sorting".to_owned())]);
        upsert_memo("note", &None::<String>);
    }
    if stops > 0 {
        return Err(continue_as_new().arg(&(stops - 1)).into());
    }
    Ok(Arrived {
        stage: STAGE.get().unwrap_or_default(),
        items: ITEMS.get().unwrap_or_default(),
        memo: info().memo.into_iter().map(|(name, _)| name).collect(),
    })
}

/// Uses a name that nobody has registered.
#[workflow(signals("shipped"))]
async fn misnamed() -> Result<()> {
    upsert_search_attributes([SearchAttribute::keyword("Stagge").set(&"packing".to_owned())]);
    Ok(())
}
