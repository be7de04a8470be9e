//! A workflow without an SDK: `wit/shop.wit` says what it needs and what it offers, `wit-bindgen` does
//! the rest. What it imports are activities; the function that it exports is a workflow type.

use acme::shop::payments::{self, PaymentError};
use acme::shop::warehouse;
use futures::future::join_all;

wit_bindgen::generate!({ path: "wit", world: "shop" });

struct Shop;

export!(Shop);

impl Guest for Shop {
    async fn fulfill_order(order: Order) -> Result<Fulfillment, OrderError> {
        let receipt = payments::charge(order.clone()).await.map_err(|error| match error {
            PaymentError::CardDeclined(why) => OrderError::NotPaid(why),
            PaymentError::LimitExceeded => OrderError::NotPaid("over the limit".to_owned()),
        })?;

        let reservations = order
            .items
            .iter()
            .map(|item| warehouse::reserve(order.order_id.clone(), item.clone()));
        let mut shelves = Vec::new();
        for (shelf, item) in join_all(reservations).await.into_iter().zip(&order.items) {
            match shelf {
                Ok(shelf) => shelves.push(shelf),
                Err(warehouse::StockError::OutOfStock) => {
                    payments::refund(receipt).await;
                    return Err(OrderError::OutOfStock(item.sku.clone()));
                }
            }
        }
        Ok(Fulfillment { receipt, shelves })
    }
}
