//! What `travel-saga` asks of the world, pretended.

use refrain_sdk::activities::Activities;
use refrain_sdk::prelude::*;

refrain_sdk::export_activities!(|| {
    Activities::new()
        .activity("bookCar", book_car)
        .activity("cancelCar", cancel_car)
        .activity("bookHotel", book_hotel)
        .activity("cancelHotel", cancel_hotel)
        .describe("The hotel never lets anyone go")
        .activity("bookFlight", book_flight)
        .describe("There is no seat left in `economy`")
});

async fn book_car(trip: String) -> Result<String> {
    Ok(format!("car-{trip}"))
}

async fn cancel_car(booking: String) -> Result {
    log::info!("canceling {booking}");
    Ok(())
}

async fn book_hotel(trip: String) -> Result<String> {
    Ok(format!("hotel-{trip}"))
}

async fn cancel_hotel(booking: String) -> Result {
    Err(Failure::new("NotRefundable", format!("{booking} can't be canceled")).non_retryable())
}

async fn book_flight(trip: String, seats: String) -> Result<String> {
    if seats == "economy" {
        return Err(Failure::new("SoldOut", "no seat is left in economy").non_retryable());
    }
    Ok(format!("flight-{trip}"))
}
