"""What a thing costs: short look-ups that the host makes beside the workflow, without a task queue."""

from datetime import timedelta
from typing import Any

from refrain import workflow
from refrain.common import RetryPolicy
from refrain.exceptions import ActivityError, ApplicationError


async def look_up(activity: str, arg: Any, pause: timedelta = timedelta(milliseconds=1)) -> Any:
    return await workflow.execute_local_activity(
        activity,
        arg,
        start_to_close_timeout=timedelta(seconds=20),
        retry_policy=RetryPolicy(initial_interval=pause),
    )


@workflow.defn(name="quote")
class Quote:
    @workflow.run
    async def run(self, item: str) -> dict[str, Any]:
        price = await look_up("price", item)
        try:
            price -= await look_up("discount", item)
        except ActivityError as error:
            # An item without a discount is no reason to give up.
            if not isinstance(error.cause, ApplicationError) or error.cause.type != "NoDiscount":
                raise
        return {"price": price, "approvedBy": await look_up("approve", item, timedelta(minutes=2))}


@workflow.defn(name="slowQuote")
class SlowQuote:
    @workflow.run
    async def run(self, item: str, pages: int) -> int:
        price: int = await look_up("price", item)
        await look_up("leafThrough", pages)
        return price
