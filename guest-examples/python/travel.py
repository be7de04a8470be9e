"""A trip: a car, a hotel, and a flight once it is paid. What was booked is canceled, last first, when something fails
or the trip is canceled; a hotel that can't be canceled does not hold up the car."""

import asyncio
from datetime import timedelta

from refrain import workflow
from refrain.common import RetryPolicy
from refrain.exceptions import root_cause


async def do(activity: str, *args: str) -> str:
    return await workflow.execute_activity(
        activity,
        args=args,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=RetryPolicy(maximum_attempts=2),
    )


class Trip:
    def __init__(self) -> None:
        self.is_paid = False

    @workflow.signal
    def paid(self) -> None:
        self.is_paid = True

    async def book(self, trip: str, seats: str) -> list[str]:
        undo: list[tuple[str, str]] = []
        try:
            car = await do("bookCar", trip)
            undo.append(("cancelCar", car))
            hotel = await do("bookHotel", trip)
            undo.append(("cancelHotel", hotel))
            async with asyncio.timeout(3600):
                await workflow.wait_condition(lambda: self.is_paid)
            return [car, hotel, await do("bookFlight", trip, seats)]
        except BaseException:
            # Also when the trip itself was canceled.
            for step in reversed(undo):
                try:
                    await do(*step)
                except Exception as reason:
                    workflow.logger.error("cannot undo a step: %s", root_cause(reason))
            raise
