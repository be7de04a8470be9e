"""An order: charge, reserve, wait for the warehouse, schedule the delivery. What was done is undone, last first,
when a later step fails."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from refrain import workflow
from refrain.common import RetryPolicy
from refrain.exceptions import ApplicationError, root_cause


@dataclass
class Item:
    sku: str
    quantity: int


@dataclass
class Order:
    orderId: str
    items: list[Item]
    #: In cents.
    amount: int


@dataclass
class Receipt:
    orderId: str
    chargeId: str
    reservationId: str
    deliveryId: str


async def do(activity: str, *args: Any) -> str:
    return await workflow.execute_activity(
        activity,
        args=args,
        result_type=str | None,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=RetryPolicy(maximum_attempts=5),
    )


@workflow.defn(name="orderFulfillment")
class OrderFulfillment:
    def __init__(self) -> None:
        self.is_confirmed = False
        self.enter("received")

    def enter(self, status: str) -> None:
        self.current = status
        workflow.publish("status", status)

    @workflow.query
    def status(self) -> str:
        return self.current

    @workflow.signal(name="warehouseConfirmed")
    def confirm(self) -> None:
        self.is_confirmed = True

    @workflow.run
    async def run(self, order: Order) -> Receipt:
        undo: list[tuple[str, str]] = []
        try:
            return await self.fulfill(order, undo)
        except BaseException:
            self.enter("compensating")
            # Also when the order itself was canceled.
            for step in reversed(undo):
                try:
                    await do(*step)
                except Exception as reason:
                    # One that cannot be undone does not hold up the others.
                    workflow.logger.error("cannot undo a step: %s", root_cause(reason))
            self.enter("failed")
            raise

    async def fulfill(self, order: Order, undo: list[tuple[str, str]]) -> Receipt:
        self.enter("charging")
        charge = await do("charge", order.orderId, order.amount)
        undo.append(("refund", charge))

        self.enter("reserving")
        reservation = await do("reserve", order.orderId, order.items)
        undo.append(("release", reservation))

        self.enter("awaitingWarehouse")
        try:
            await workflow.wait_condition(lambda: self.is_confirmed, timeout=timedelta(hours=24))
        except TimeoutError:
            told = "the warehouse did not confirm within 24 hours"
            raise ApplicationError(told, type="WarehouseTimeout") from None

        self.enter("schedulingDelivery")
        delivery = await do("scheduleDelivery", order.orderId, reservation)
        self.enter("completed")
        return Receipt(order.orderId, charge, reservation, delivery)
