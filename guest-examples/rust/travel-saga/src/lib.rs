//! A trip: a car, a hotel, and a flight once it is paid. What was booked is canceled, last first, when
//! something fails or the trip is canceled; a hotel that can't be canceled does not hold up the car.

use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(travel);

#[activities]
trait Agency {
    #[activity(name = "bookCar")]
    async fn book_car(trip: &str) -> Result<String>;
    #[activity(name = "cancelCar")]
    async fn cancel_car(booking: &str) -> Result;
    #[activity(name = "bookHotel")]
    async fn book_hotel(trip: &str) -> Result<String>;
    #[activity(name = "cancelHotel")]
    async fn cancel_hotel(booking: &str) -> Result;
    #[activity(name = "bookFlight")]
    async fn book_flight(trip: &str, seats: &str) -> Result<String>;
}

fn agency() -> AgencyStub {
    AgencyStub::new(remote().start_to_close(seconds(10)).attempts(2))
}

/// Books a trip.
#[workflow(signals("paid"))]
async fn travel(trip: String) -> Result<Vec<String>> {
    let mut saga = Saga::new();
    let outcome = book(trip, &mut saga).await;
    if outcome.is_err() {
        saga.compensate().await;
    }
    outcome
}

async fn book(trip: String, saga: &mut Saga) -> Result<Vec<String>> {
    let car = agency().book_car(&trip).await?;
    let booked = car.clone();
    saga.undo_with(move || agency().cancel_car(&booked));

    let hotel = agency().book_hotel(&trip).await?;
    let booked = hotel.clone();
    saga.undo_with(move || agency().cancel_hotel(&booked));

    with_timeout(hours(1), || signal::<()>("paid").receive()).await?;
    let flight = agency().book_flight(&trip, "economy").await?;
    Ok(vec![car, hotel, flight])
}
