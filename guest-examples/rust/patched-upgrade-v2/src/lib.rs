//! The order of `patched-upgrade-v1`, changed in two places. The first change is guarded: runs that
//! have passed it go on as before. The second one is not, so runs that have passed it can't be moved.

use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(upgrade);

#[activities]
trait Warehouse {
    async fn charge(order_id: &str, amount: u64) -> Result<String>;
    #[activity(name = "scheduleDelivery")]
    async fn schedule_delivery(order_id: &str, speed: &str) -> Result<String>;
}

#[workflow]
async fn upgrade(order: String) -> Result<String> {
    let warehouse = WarehouseStub::new(remote().start_to_close(seconds(10)).attempts(5));
    signal::<()>("approve").receive().await?;
    log::info!("approved");
    if patched("think-twice") {
        sleep(millis(100)).await?;
    }
    let charge = warehouse.charge(&order, 100).await?;

    signal::<()>("pack").receive().await?;
    let packed = warehouse.schedule_delivery(&order, "express").await?;

    signal::<()>("ship").receive().await?;
    Ok(format!("version 2: {charge}, {packed}"))
}
