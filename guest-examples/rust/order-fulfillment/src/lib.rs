//! An order: charge, reserve, wait for the warehouse, schedule the delivery. What was done is undone,
//! last first, when a later step fails or the order is canceled.

use refrain_sdk::Published;
use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(order_fulfillment);

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

#[activities]
trait Warehouse {
    async fn charge(order_id: &str, amount: u64) -> Result<String>;
    async fn reserve(order_id: &str, items: &[Item]) -> Result<String>;
    #[activity(name = "scheduleDelivery")]
    async fn schedule_delivery(order_id: &str, reservation_id: &str) -> Result<String>;
    async fn refund(charge_id: &str) -> Result;
    async fn release(reservation_id: &str) -> Result;
}

fn warehouse() -> WarehouseStub {
    WarehouseStub::new(remote().start_to_close(seconds(10)).attempts(5))
}

/// Takes an order from payment to delivery.
#[workflow(name = "orderFulfillment", signals("warehouseConfirmed"), queries("status"))]
async fn order_fulfillment(order: Order) -> Result<Receipt> {
    let status = published("status", "received");
    let mut saga = Saga::new();
    let outcome = fulfill(order, &status, &mut saga).await;
    if outcome.is_err() {
        status.set("compensating");
        saga.compensate().await;
    }
    status.set(if outcome.is_ok() { "completed" } else { "failed" });
    outcome
}

async fn fulfill(order: Order, status: &Published<&str>, saga: &mut Saga) -> Result<Receipt> {
    let confirmation = signal::<()>("warehouseConfirmed").receive();
    let Order { order_id, items, amount } = order;

    status.set("charging");
    let charge_id = warehouse().charge(&order_id, amount).await?;
    let charged = charge_id.clone();
    saga.undo_with(move || warehouse().refund(&charged));

    status.set("reserving");
    let reservation_id = warehouse().reserve(&order_id, &items).await?;
    let reserved = reservation_id.clone();
    saga.undo_with(move || warehouse().release(&reserved));

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
    let delivery_id = warehouse().schedule_delivery(&order_id, &reservation_id).await?;
    Ok(Receipt { order_id, charge_id, reservation_id, delivery_id })
}
