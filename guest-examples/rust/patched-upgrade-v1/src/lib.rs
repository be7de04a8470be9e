//! An order that is about to be changed while runs of it are open: see `patched-upgrade-v2`.

use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(|| Workflows::new().workflow("upgrade", upgrade));

async fn upgrade(order: String) -> Result<String> {
    signal::<()>("approve").receive().await?;
    log::info!("approved");
    let charge: String = step("charge").arg(&order).arg(&100).call().await?;

    signal::<()>("pack").receive().await?;
    let items: Vec<String> = Vec::new();
    let packed: String = step("reserve").arg(&order).arg(&items).call().await?;

    signal::<()>("ship").receive().await?;
    Ok(format!("version 1: {charge}, {packed}"))
}

fn step(name: &str) -> refrain_sdk::Activity {
    activity(name).start_to_close(seconds(10)).attempts(5)
}
