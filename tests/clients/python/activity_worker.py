"""The activities of the order workflow, on Temporal's own worker.

Each line on stdout is something that happened, so that a test can wait for it and count it.
"""

import argparse
import asyncio
from datetime import timedelta

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from program import run


def say(text: str) -> None:
    print(text, flush=True)


class Order:
    def __init__(self, args: argparse.Namespace) -> None:
        self.fails = args.fails
        self.fails_times = args.fails_times
        self.for_good = args.for_good
        self.hangs = args.hangs

    async def step(self, result: str | None) -> str | None:
        info = activity.info()
        say(f"{info.activity_type} attempt {info.attempt} of {info.workflow_id}")
        if info.activity_type == self.fails and info.attempt <= self.fails_times:
            text = f"attempt {info.attempt} fails on purpose"
            raise ApplicationError(text, type="OnPurpose", non_retryable=self.for_good)
        if info.activity_type == self.hangs:
            await self.hang()
        return result

    async def hang(self) -> None:
        """Until it is canceled, or the worker is killed."""
        n_beats = 0
        try:
            while True:
                activity.heartbeat(n_beats)
                n_beats += 1
                await asyncio.sleep(0.02)
        except asyncio.CancelledError:
            say(f"{activity.info().activity_type} canceled")
            raise

    @activity.defn
    async def charge(self, order_id: str, amount: int) -> str:
        return await self.step(f"charge-{order_id}")

    @activity.defn
    async def reserve(self, order_id: str, items: list[dict]) -> str:
        return await self.step(f"reservation-{order_id}")

    @activity.defn(name="scheduleDelivery")
    async def schedule_delivery(self, order_id: str, reservation_id: str) -> str:
        return await self.step(f"delivery-{order_id}")

    @activity.defn
    async def refund(self, charge_id: str) -> None:
        await self.step(None)

    @activity.defn
    async def release(self, reservation_id: str) -> None:
        await self.step(None)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--task-queue", required=True)
    parser.add_argument("--fails", help="the activity that fails")
    parser.add_argument("--fails-times", type=int, default=1, help="how many attempts of it fail")
    parser.add_argument("--for-good", action="store_true", help="it is not to be tried again")
    parser.add_argument("--hangs", help="the activity that heartbeats until it is canceled")
    parser.add_argument("--slots", type=int, default=100, help="how many it runs at once")
    parser.add_argument("--per-second", type=float, help="how many the whole queue may hand out")
    args = parser.parse_args()

    client = await Client.connect(args.address)
    order = Order(args)
    worker = Worker(
        client,
        task_queue=args.task_queue,
        activities=[order.charge, order.reserve, order.schedule_delivery, order.refund, order.release],
        max_concurrent_activities=args.slots,
        max_task_queue_activities_per_second=args.per_second,
        max_heartbeat_throttle_interval=timedelta(milliseconds=100),
        default_heartbeat_throttle_interval=timedelta(milliseconds=100),
    )
    say("ready")
    await worker.run()


run(main())
