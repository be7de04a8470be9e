//! The order of `patched-upgrade-v1`, changed in two places. The first change is guarded: runs that
//! have passed it go on as before. The second one is not, so runs that have passed it can't be moved.

use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(|| Workflows::new().workflow("upgrade", upgrade));

async fn upgrade(order: String) -> Result<String> {
    signal::<()>("approve").receive().await?;
    log::info!("approved");
    if patched("think-twice") {
        sleep(millis(100)).await?;
    }
    let charge: String = step("charge").arg(&order).arg(&100).call().await?;

    signal::<()>("pack").receive().await?;
    let packed: String = step("scheduleDelivery").arg(&order).arg(&"express").call().await?;

    signal::<()>("ship").receive().await?;
    Ok(format!("version 2: {charge}, {packed}"))
}

fn step(name: &str) -> refrain_sdk::Activity {
    activity(name).start_to_close(seconds(10)).attempts(5)
}
