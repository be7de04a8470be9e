//! A trip: a car, a hotel, and a flight once it is paid. What was booked is canceled, last first, when
//! something fails or the trip is canceled; a hotel that can't be canceled does not hold up the car.

use refrain_sdk::Activity;
use refrain_sdk::prelude::*;

refrain_sdk::export_workflows!(|| {
    Workflows::new()
        .workflow("travel", travel)
        .describe("Books a trip")
        .signal("paid")
        .describe("The customer has paid")
});

async fn travel(trip: String) -> Result<Vec<String>> {
    let mut saga = Saga::new();
    let outcome = book(trip, &mut saga).await;
    if outcome.is_err() {
        saga.compensate().await;
    }
    outcome
}

async fn book(trip: String, saga: &mut Saga) -> Result<Vec<String>> {
    let car: String = step("bookCar").arg(&trip).call().await?;
    let booked = car.clone();
    saga.undo_with(move || step("cancelCar").arg(&booked).call());

    let hotel: String = step("bookHotel").arg(&trip).call().await?;
    let booked = hotel.clone();
    saga.undo_with(move || step("cancelHotel").arg(&booked).call());

    with_timeout(hours(1), || signal::<()>("paid").receive()).await?;
    let flight: String = step("bookFlight").arg(&trip).arg("economy").call().await?;
    Ok(vec![car, hotel, flight])
}

fn step(name: &str) -> Activity {
    activity(name).start_to_close(seconds(10)).attempts(2)
}
