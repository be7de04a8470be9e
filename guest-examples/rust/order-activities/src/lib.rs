//! What `order-fulfillment` asks of the world, pretended: ids follow from the order, so that a test can
//! know them.

use refrain_sdk::activities::{Activities, info};
use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(|| {
    Activities::new()
        .activity("charge", charge)
        .describe("Takes the money. Declines what costs more than 10000.00")
        .activity("reserve", reserve)
        .describe("Reserves the items. There is never any `unobtainium`")
        .activity("scheduleDelivery", schedule_delivery)
        .activity("refund", refund)
        .activity("release", release)
});

#[derive(Deserialize)]
struct Item {
    sku: String,
    quantity: u32,
}

async fn charge(order_id: String, amount: u64) -> Result<String> {
    log::info!("charging {amount} for order {order_id}, attempt {}", info().attempt);
    if amount > 1_000_000 {
        return Err(Failure::new("CardDeclined", "the card was declined").non_retryable());
    }
    Ok(format!("charge-{order_id}"))
}

async fn reserve(order_id: String, items: Vec<Item>) -> Result<String> {
    for item in &items {
        log::info!("reserving {} x {} for order {order_id}", item.quantity, item.sku);
        if item.sku == "unobtainium" {
            let message = format!("`{}` is out of stock", item.sku);
            return Err(Failure::new("OutOfStock", message).non_retryable());
        }
    }
    Ok(format!("reservation-{order_id}"))
}

async fn schedule_delivery(order_id: String, reservation_id: String) -> Result<String> {
    log::info!("scheduling the delivery of {reservation_id}");
    Ok(format!("delivery-{order_id}"))
}

async fn refund(charge_id: String) -> Result {
    log::info!("refunding {charge_id}");
    Ok(())
}

async fn release(reservation_id: String) -> Result {
    log::info!("releasing {reservation_id}");
    Ok(())
}
