// A trip: a car, a hotel, and a flight once it is paid. What was booked is canceled, last first, when something fails
// or the trip is canceled; a hotel that can't be canceled does not hold up the car.

import { CancellationScope, condition, defineSignal, log, proxyActivities, rootCause, setHandler } from "@refrain/workflow";

interface Activities {
  bookCar(trip: string): Promise<string>;
  cancelCar(booking: string): Promise<void>;
  bookHotel(trip: string): Promise<string>;
  cancelHotel(booking: string): Promise<void>;
  bookFlight(trip: string, seats: string): Promise<string>;
}

const { bookCar, cancelCar, bookHotel, cancelHotel, bookFlight } = proxyActivities<Activities>({
  startToCloseTimeout: "10s",
  retry: { maximumAttempts: 2 },
});

const paid = defineSignal("paid");

export async function book(trip: string, seats: string): Promise<string[]> {
  let isPaid = false;
  setHandler(paid, () => {
    isPaid = true;
  });
  const undo: (() => Promise<void>)[] = [];
  try {
    const car = await bookCar(trip);
    undo.unshift(() => cancelCar(car));
    const hotel = await bookHotel(trip);
    undo.unshift(() => cancelHotel(hotel));
    await CancellationScope.withTimeout("1 hour", () => condition(() => isPaid));
    return [car, hotel, await bookFlight(trip, seats)];
  } catch (error) {
    // Also when the trip itself was canceled.
    await CancellationScope.nonCancellable(async () => {
      for (const step of undo) {
        await step().catch((reason) => log.error(`cannot undo a step: ${rootCause(reason)}`));
      }
    });
    throw error;
  }
}
