"""An order that is about to be changed while runs of it are open: see `patched-upgrade-v2`."""

from datetime import timedelta
from typing import Any

from refrain import workflow
from refrain.common import RetryPolicy


async def do(activity: str, *args: Any) -> str:
    return await workflow.execute_activity(
        activity,
        args=args,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=RetryPolicy(maximum_attempts=5),
    )


@workflow.defn(name="upgrade")
class Upgrade:
    def __init__(self) -> None:
        self.received: set[str] = set()

    @workflow.signal
    def approve(self) -> None:
        self.received.add("approve")

    @workflow.signal
    def pack(self) -> None:
        self.received.add("pack")

    @workflow.signal
    def ship(self) -> None:
        self.received.add("ship")

    @workflow.run
    async def run(self, order: str) -> str:
        await workflow.wait_condition(lambda: "approve" in self.received)
        workflow.logger.info("approved")
        charged = await do("charge", order, 100)

        await workflow.wait_condition(lambda: "pack" in self.received)
        packed = await do("reserve", order, [])

        await workflow.wait_condition(lambda: "ship" in self.received)
        return f"version 1: {charged}, {packed}"
