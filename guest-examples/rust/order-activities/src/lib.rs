//! What `order-fulfillment` asks of the world, pretended: ids follow from the order, so that a test can
//! know them.

use refrain_sdk::activities::info;
use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(Warehouse);

#[derive(Clone, Deserialize)]
struct Item {
    sku: String,
    quantity: u32,
}

struct Warehouse;

#[activities]
impl Warehouse {
    /// Takes the money. Declines what costs more than 10000.00.
    async fn charge(order_id: &str, amount: u64) -> Result<String> {
        log::info!("charging {amount} for order {order_id}, attempt {}", info().attempt);
        if amount > 1_000_000 {
            return Err(Failure::new("CardDeclined", "the card was declined").non_retryable());
        }
        Ok(format!("charge-{order_id}"))
    }

    /// Reserves the items. There is never any `unobtainium`.
    async fn reserve(order_id: &str, items: &[Item]) -> Result<String> {
        for item in items {
            log::info!("reserving {} x {} for order {order_id}", item.quantity, item.sku);
            if item.sku == "unobtainium" {
                let message = format!("`{}` is out of stock", item.sku);
                return Err(Failure::new("OutOfStock", message).non_retryable());
            }
        }
        Ok(format!("reservation-{order_id}"))
    }

    #[activity(name = "scheduleDelivery")]
    async fn schedule_delivery(order_id: &str, reservation_id: &str) -> Result<String> {
        log::info!("scheduling the delivery of {reservation_id}");
        Ok(format!("delivery-{order_id}"))
    }

    async fn refund(charge_id: &str) -> Result {
        log::info!("refunding {charge_id}");
        Ok(())
    }

    async fn release(reservation_id: &str) -> Result {
        log::info!("releasing {reservation_id}");
        Ok(())
    }
}
