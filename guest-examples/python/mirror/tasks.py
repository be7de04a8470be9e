"""What `asyncio` has, in workflows."""

import asyncio
import contextvars
from collections.abc import Awaitable
from contextlib import suppress
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import RetryPolicy
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

MS = timedelta(milliseconds=1)
who: contextvars.ContextVar[str] = contextvars.ContextVar("who", default="nobody")


async def outcome(awaitable: Awaitable[Any]) -> str:
    """What came of it, in a word."""
    try:
        return str(await awaitable)
    except BaseException as error:
        kind = "canceled" if is_cancelled_exception(error) else type(error).__name__
        return f"{kind}: {error}" if isinstance(error, ApplicationError) else kind


async def raised(awaitable: Awaitable[Any]) -> str:
    """Which error came of it."""
    try:
        return str(await awaitable)
    except BaseException as error:
        return f"{type(error).__name__} of {type(error.__cause__).__name__}"


def refuses(kind: str) -> workflow.ActivityHandle[Any]:
    once = RetryPolicy(maximum_attempts=1)
    return workflow.start_activity("refuses", kind, start_to_close_timeout=timedelta(seconds=10), retry_policy=once)


def unheard() -> workflow.ActivityHandle[Any]:
    return workflow.start_activity("greet", "nobody", task_queue="nobody", start_to_close_timeout=timedelta(seconds=10))


async def executed() -> Any:
    return await unheard()


async def fails_after(ms: int) -> None:
    await asyncio.sleep(ms / 1000)
    raise ApplicationError(f"after {ms}", type="Late")


async def ends_after(ms: int, value: str) -> str:
    await asyncio.sleep(ms / 1000)
    return value


@workflow.defn(name="tasks")
class Tasks:
    """Each of its methods is a program; told is what came of it."""

    def __init__(self) -> None:
        self.told: list[str] = []

    @workflow.run
    async def run(self) -> dict[str, list[str]]:
        told = {}
        programs = [self.gathers, self.groups, self.limits, self.shields, self.passes, self.waits, self.remembers]
        for program in [*programs, self.cancels]:
            self.told = []
            await program()
            told[program.__name__] = self.told
        return told

    async def gathers(self) -> None:
        results = await asyncio.gather(ends_after(20, "a"), fails_after(10), return_exceptions=True)
        self.told += [type(it).__name__ for it in results]
        left = asyncio.create_task(ends_after(40, "left"))
        self.told.append(await outcome(asyncio.gather(left, fails_after(10))))
        self.told.append(await left)
        both = asyncio.gather(unheard(), ends_after(60_000, "never"))
        await asyncio.sleep(0.01)
        both.cancel()
        self.told.append(await outcome(both))

    async def groups(self) -> None:
        async def inner() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(fails_after(10))
                group.create_task(ends_after(60_000, "never"))

        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(inner())
                other = group.create_task(ends_after(60_000, "never"))
        except* ApplicationError as errors:
            self.told.append(f"{errors!r}")
        self.told.append(f"the other is canceled: {other.cancelled()}")
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(ends_after(ms, f"{ms}")) for ms in (20, 10)]
        self.told += [it.result() for it in tasks]
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(ends_after(60_000, "never"))
                await refuses("Fatal")
        except* ActivityError as errors:
            self.told.append(f"{[str(it.__cause__) for it in errors.exceptions]}")

    async def limits(self) -> None:
        for awaitable in [
            asyncio.wait_for(ends_after(60_000, "never"), 0.01),
            asyncio.wait_for(ends_after(10, "in time"), 60),
            asyncio.wait_for(unheard(), 0.01),
            workflow.wait_condition(lambda: False, timeout=10 * MS),
            workflow.wait_condition(lambda: False, timeout=0.01),
            workflow.wait_condition(lambda: True, timeout=60),
        ]:
            self.told.append(await outcome(awaitable))
        try:
            async with asyncio.timeout(0.01) as limit:
                await asyncio.sleep(60)
        except TimeoutError:
            self.told.append(f"expired: {limit.expired()}")
        try:
            async with asyncio.timeout(60), asyncio.timeout(0.01):
                await unheard()
        except BaseException as error:
            self.told.append(f"{type(error).__name__}: canceled {is_cancelled_exception(error)}")
        async with asyncio.timeout(None):
            await asyncio.sleep(0)

    async def shields(self) -> None:
        async def cleans_up() -> str:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                await asyncio.shield(asyncio.create_task(ends_after(10, "cleaned")))
                self.told.append("cleaned up")
                raise
            return "never"

        task = asyncio.create_task(cleans_up())
        await asyncio.sleep(0.01)
        task.cancel("enough")
        self.told.append(await outcome(task))
        inner = asyncio.create_task(ends_after(20, "goes on"))
        outer = asyncio.shield(inner)
        outer.cancel()
        self.told.append(await outcome(outer))
        self.told.append(await inner)
        not_begun = asyncio.create_task(ends_after(10, "never"))
        not_begun.cancel()
        self.told.append(await outcome(not_begun))

    async def passes(self) -> None:
        queue: asyncio.Queue[str] = asyncio.Queue(maxsize=1)
        lock, places, gate = asyncio.Lock(), asyncio.Semaphore(2), asyncio.Event()
        at_once = 0

        async def makes() -> None:
            for nth in range(3):
                await queue.put(f"item {nth}")

        async def works(nth: int) -> int:
            nonlocal at_once
            await gate.wait()
            async with places:
                at_once += 1
                most = at_once
                await asyncio.sleep(0.01)
                at_once -= 1
            async with lock:
                self.told.append(f"worker {nth}")
            return most

        making = asyncio.create_task(makes())
        self.told += [await queue.get() for _ in range(3)]
        await making
        self.told.append(await outcome(asyncio.wait_for(queue.get(), 0.01)))
        working = [asyncio.create_task(works(nth)) for nth in range(3)]
        await asyncio.sleep(0)
        gate.set()
        self.told.append(f"at most {max(await asyncio.gather(*working))}")
        changed = asyncio.Condition()
        waiting = asyncio.create_task(self.notified(changed))
        await asyncio.sleep(0)
        async with changed:
            changed.notify_all()
        self.told.append(await waiting)

    async def notified(self, changed: asyncio.Condition) -> str:
        async with changed:
            await changed.wait()
        return "notified"

    async def waits(self) -> None:
        tasks = [asyncio.create_task(ends_after(ms, f"{ms}")) for ms in (30, 10, 20)]
        for ended in workflow.as_completed(tasks):
            self.told.append(await ended)
        tasks = [asyncio.create_task(ends_after(ms, f"{ms}")) for ms in (60_000, 10)]
        done, pending = await workflow.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        self.told.append(f"{[it.result() for it in done]}, {len(pending)} left")
        for task in pending:
            task.cancel()
        done, pending = await workflow.wait(pending)
        self.told.append(f"{[it.cancelled() for it in done]}, {len(pending)} left")
        done, pending = await workflow.wait([asyncio.create_task(ends_after(1000, "late"))], timeout=0.01)
        self.told.append(f"{len(done)} done, {len(pending)} left")
        await pending[0]

    async def remembers(self) -> None:
        async def says() -> str:
            await asyncio.sleep(0.01)
            return who.get()

        who.set("the run")
        first = asyncio.create_task(says())
        who.set("it, later")
        second = asyncio.create_task(says())
        self.told += [await first, await second, contextvars.copy_context().run(who.get)]
        current = asyncio.current_task()
        assert current is not None
        current.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(60)
        self.told.append("was asked to stop, and goes on")

    async def cancels(self) -> None:
        """An activity is a task: canceled before that has begun, or afterwards."""
        for begin in [unheard, lambda: asyncio.create_task(executed())]:
            for steps in range(4):
                begun: Any = begin()
                for _ in range(steps):
                    await asyncio.sleep(0)
                begun.cancel("enough")
                self.told.append(f"after {steps}: {await raised(begun)}, canceled {begun.cancelled()}")
        both = asyncio.gather(unheard(), unheard())
        both.cancel()
        self.told.append(await raised(both))
        self.told.append(await raised(asyncio.wait_for(unheard(), 0)))
        both = asyncio.gather(unheard(), executed())
        await asyncio.sleep(0.01)
        both.cancel()
        self.told.append(await raised(both))
        heard = workflow.start_activity("greet", "Ann", start_to_close_timeout=timedelta(seconds=10))
        self.told.append(await heard)
        self.told.append(f"nothing left to cancel: {heard.cancel()}")
