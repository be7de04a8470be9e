//! An order: charge, reserve, wait for the warehouse, schedule the delivery. What was done is undone,
//! last first, when a later step fails or the order is canceled.

use refrain_sdk::prelude::*;
use refrain_sdk::{Activity, Published};

refrain_sdk::export_workflows!(|| {
    Workflows::new()
        .workflow("orderFulfillment", order_fulfillment)
        .describe("Takes an order from payment to delivery")
        .signal("warehouseConfirmed")
        .describe("The warehouse has packed the order")
        .query("status")
        .describe("Which step the order is at")
});

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    order_id: String,
    items: Vec<Item>,
    /// In cents.
    amount: u64,
}

#[derive(Clone, Serialize, Deserialize)]
struct Item {
    sku: String,
    quantity: u32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Receipt {
    order_id: String,
    charge_id: String,
    reservation_id: String,
    delivery_id: String,
}

async fn order_fulfillment(order: Order) -> Result<Receipt> {
    let status = published("status", "received");
    let mut saga = Saga::new();
    match fulfill(order, &status, &mut saga).await {
        Ok(receipt) => {
            status.set("completed");
            Ok(receipt)
        }
        Err(failure) => {
            status.set("compensating");
            saga.compensate().await;
            status.set("failed");
            Err(failure)
        }
    }
}

async fn fulfill(order: Order, status: &Published<&str>, saga: &mut Saga) -> Result<Receipt> {
    let confirmation = signal::<()>("warehouseConfirmed").receive();
    let Order { order_id, items, amount } = order;

    status.set("charging");
    let charge_id: String = step("charge").arg(&order_id).arg(&amount).call().await?;
    let charged = charge_id.clone();
    saga.undo_with(move || step("refund").arg(&charged).call());

    status.set("reserving");
    let reservation_id: String = step("reserve").arg(&order_id).arg(&items).call().await?;
    let reserved = reservation_id.clone();
    saga.undo_with(move || step("release").arg(&reserved).call());

    status.set("awaitingWarehouse");
    match timeout(hours(24), confirmation).await? {
        Some(confirmed) => confirmed?,
        None => {
            return Err(Failure::new(
                "WarehouseTimeout",
                "the warehouse did not confirm within 24 hours",
            ));
        }
    }

    status.set("schedulingDelivery");
    let delivery_id: String =
        step("scheduleDelivery").arg(&order_id).arg(&reservation_id).call().await?;
    Ok(Receipt { order_id, charge_id, reservation_id, delivery_id })
}

fn step(name: &str) -> Activity {
    activity(name).start_to_close(seconds(10)).attempts(5)
}
