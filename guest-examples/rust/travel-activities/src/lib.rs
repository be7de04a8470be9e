//! What `travel-saga` asks of the world, pretended.

use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(Agency);

struct Agency;

#[activities]
impl Agency {
    #[activity(name = "bookCar")]
    async fn book_car(trip: &str) -> Result<String> {
        Ok(format!("car-{trip}"))
    }

    #[activity(name = "cancelCar")]
    async fn cancel_car(booking: &str) -> Result {
        log::info!("canceling {booking}");
        Ok(())
    }

    #[activity(name = "bookHotel")]
    async fn book_hotel(trip: &str) -> Result<String> {
        Ok(format!("hotel-{trip}"))
    }

    /// The hotel never lets anyone go.
    #[activity(name = "cancelHotel")]
    async fn cancel_hotel(booking: &str) -> Result {
        Err(Failure::new("NotRefundable", format!("{booking} can't be canceled")).non_retryable())
    }

    /// There is no seat left in `economy`.
    #[activity(name = "bookFlight")]
    async fn book_flight(trip: &str, seats: &str) -> Result<String> {
        if seats == "economy" {
            return Err(Failure::new("SoldOut", "no seat is left in economy").non_retryable());
        }
        Ok(format!("flight-{trip}"))
    }
}
