"""Workflows that misbehave, as they do in Python: each is told what to do about it."""

import asyncio
import concurrent.futures
import random
import subprocess
import sys
import threading
import time
from datetime import timedelta
from time import sleep
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


@workflow.defn(name="drops")
class Drops:
    """Waits for one of three things, and forgets the others; again and again."""

    @workflow.run
    async def run(self) -> None:
        while True:
            workflow.start_activity("print", "a page", start_to_close_timeout=timedelta(seconds=1))
            timers = [asyncio.create_task(asyncio.sleep(ms / 1000)) for ms in (1, 2)]
            await asyncio.wait(timers, return_when=asyncio.FIRST_COMPLETED)


@workflow.defn(name="leaks")
class Leaks:
    """Begins more and more, and waits for none of it."""

    @workflow.run
    async def run(self) -> None:
        while True:
            for _ in range(500):
                workflow.start_activity("print", "a page", start_to_close_timeout=timedelta(days=1))
            await asyncio.sleep(0.001)


@workflow.defn(name="raises-text")
class RaisesText:
    @workflow.run
    async def run(self) -> None:
        raise "out of paper"  # type: ignore[misc]


@workflow.defn(name="exits")
class Exits:
    """Leaves as a program does, and not as a workflow."""

    @workflow.run
    async def run(self) -> None:
        sys.exit("out of paper")


@workflow.defn(name="outside")
class Outside:
    """Reaches for what is not there."""

    @workflow.run
    async def run(self, what: str) -> None:
        match what:
            case "network":
                await asyncio.open_connection("example.com", 80)
            case "thread":
                await asyncio.to_thread(print)
            case "a thread":
                threading.Thread(target=print).start()
            case "pool":
                with concurrent.futures.ThreadPoolExecutor() as pool:
                    await asyncio.get_running_loop().run_in_executor(pool, print)
            case "process":
                subprocess.run(["true"])
            case "sleep":
                time.sleep(1)
            case "sleep by its name":
                sleep(1)
            case _:
                open("orders.txt")


@workflow.defn(name="asked")
class Asked:
    """Changes what it should only look at."""

    @workflow.query
    def starts(self) -> None:
        workflow.start_activity("greet", start_to_close_timeout=timedelta(seconds=1))

    @workflow.query
    async def waits(self) -> None:
        await asyncio.sleep(1)

    @workflow.query
    async def looks(self) -> bool:
        return workflow.unsafe.is_read_only()

    @workflow.query
    def peeks(self) -> float:
        return random.random()

    @workflow.update
    def draw(self) -> float:
        return random.random()

    @draw.validator
    def tries(self) -> None:
        random.random()

    @workflow.update
    def change(self) -> None:
        pass

    @change.validator
    def checks(self) -> None:
        workflow.patched("never")

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: False)


@workflow.defn(name="asks-in-vain")
class AsksInVain:
    """The mistake is its child's."""

    @workflow.run
    async def run(self) -> str:
        return str(await workflow.execute_child_workflow("mistake", id="child"))
