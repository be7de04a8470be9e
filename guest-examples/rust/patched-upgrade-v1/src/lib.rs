//! An order that is about to be changed while runs of it are open: see `patched-upgrade-v2`.

use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(upgrade);

#[activities]
trait Warehouse {
    async fn charge(order_id: &str, amount: u64) -> Result<String>;
    async fn reserve(order_id: &str, items: &[String]) -> Result<String>;
}

#[workflow]
async fn upgrade(order: String) -> Result<String> {
    let warehouse = WarehouseStub::new(remote().start_to_close(seconds(10)).attempts(5));
    signal::<()>("approve").receive().await?;
    log::info!("approved");
    let charge = warehouse.charge(&order, 100).await?;

    signal::<()>("pack").receive().await?;
    let packed = warehouse.reserve(&order, &[]).await?;

    signal::<()>("ship").receive().await?;
    Ok(format!("version 1: {charge}, {packed}"))
}
