"""Asks for the price of many items, so many at a time. Each is asked of two shops, of which the faster one
counts; what has no price at the deadline is given up."""

import asyncio
from dataclasses import dataclass
from datetime import timedelta

from refrain import workflow

SHOPS = ["corner", "market"]


@dataclass
class Search:
    items: list[str]
    atOnce: int
    deadlineMs: int


@workflow.defn(name="parallelMap")
class ParallelMap:
    """A price for each item, or none."""

    @workflow.run
    async def run(self, search: Search) -> list[str | None]:
        prices: list[str | None] = [None] * len(search.items)
        waiting = iter(enumerate(search.items))

        async def ask() -> None:
            for nth, item in waiting:
                prices[nth] = await faster_one(item)

        try:
            async with asyncio.timeout(search.deadlineMs / 1000), asyncio.TaskGroup() as askers:
                for _ in range(search.atOnce):
                    askers.create_task(ask())
        except TimeoutError:
            pass
        return prices


async def faster_one(item: str) -> str:
    asked = [
        workflow.start_activity(
            "price", args=[item, shop], activity_id=f"{item}-{shop}", start_to_close_timeout=timedelta(days=1)
        )
        for shop in SHOPS
    ]
    try:
        done, _ = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        return done.pop().result()
    finally:
        for one in asked:
            one.cancel()
