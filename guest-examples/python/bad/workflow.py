"""Workflows that misbehave, as they do in Python: each is told what to do about it."""

import asyncio
from typing import Any

from refrain import workflow


@workflow.defn(name="mistake")
class Mistake:
    """Raises what is no failure: a mistake of the program's."""

    @workflow.run
    async def run(self) -> str:
        await asyncio.sleep(0.001)
        return look_up({})["name"]


def look_up(order: dict[str, Any]) -> Any:
    return order["customer"]


@workflow.defn(name="wrong-shape")
class WrongShape:
    """Returns what can't be written down."""

    @workflow.run
    async def run(self) -> Any:
        return {"task": asyncio.current_task()}


@workflow.defn(name="wrong-argument")
class WrongArgument:
    @workflow.run
    async def run(self, n: int) -> int:
        return n


@workflow.defn(name="deep")
class Deep:
    @workflow.run
    async def run(self) -> int:
        return down(0)


def down(n: int) -> int:
    return 1 + down(n + 1)


@workflow.defn(name="spin")
class Spin:
    @workflow.run
    async def run(self) -> None:
        while True:
            pass


@workflow.defn(name="busy-wait")
class BusyWait:
    """Yields, but never to the host."""

    @workflow.run
    async def run(self) -> None:
        while True:
            await asyncio.sleep(0)


@workflow.defn(name="outside")
class Outside:
    """Reaches for what is not there."""

    @workflow.run
    async def run(self, what: str) -> None:
        if what == "network":
            await asyncio.open_connection("example.com", 80)
        elif what == "thread":
            await asyncio.to_thread(print)
        else:
            open("orders.txt")
