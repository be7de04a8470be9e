"""Small workflows for measuring and for tests; the same as those in Rust."""

import asyncio
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from refrain import workflow
from refrain.common import RetryPolicy
from refrain.exceptions import ApplicationError, is_cancelled_exception


async def noop() -> None:
    await workflow.execute_activity("noop", start_to_close_timeout=timedelta(seconds=10))


@workflow.defn(name="one-activity")
class OneActivity:
    @workflow.run
    async def run(self) -> None:
        await noop()


@workflow.defn(name="sequence")
class Sequence:
    @workflow.run
    async def run(self, n: int) -> int:
        for _ in range(n):
            await noop()
        return n


@workflow.defn(name="parallel")
class Parallel:
    @workflow.run
    async def run(self, n: int) -> int:
        await asyncio.gather(*[noop() for _ in range(n)])
        return n


@workflow.defn(name="sleep")
class Sleep:
    @workflow.run
    async def run(self, ms: int) -> None:
        await workflow.sleep(timedelta(milliseconds=ms))


@workflow.defn(name="wait-signal")
class WaitSignal:
    def __init__(self) -> None:
        self.value: Any = None
        self.current = "waiting"
        workflow.publish("status", self.current)

    @workflow.query
    def status(self) -> str:
        return self.current

    @workflow.signal
    def go(self, value: Any = None) -> None:
        self.value = value
        self.current = "signaled"

    @workflow.run
    async def run(self) -> Any:
        await workflow.wait_condition(lambda: self.current == "signaled")
        workflow.publish("status", self.current)
        return self.value


@workflow.defn(name="echo")
class Echo:
    @workflow.run
    async def run(self, value: Any = None) -> Any:
        return value


@workflow.defn(name="counter")
class Counter:
    """Adds up what comes by the update `add`, which answers with the sum, until there are 100."""

    def __init__(self) -> None:
        self.total = 0
        workflow.publish("sum", self.total)

    @workflow.query
    def sum(self) -> int:
        return self.total

    @workflow.update
    async def add(self, n: int) -> int:
        await noop()
        self.total += n
        workflow.publish("sum", self.total)
        return self.total

    @add.validator
    def check(self, n: int) -> None:
        if n <= 0:
            raise ApplicationError(f"{n} is not positive", type="NotPositive")

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.total >= 100)
        return self.total


@workflow.defn(name="until-canceled")
class UntilCanceled:
    """Waits for cancellation, cleans up, and closes as canceled."""

    @workflow.run
    async def run(self) -> None:
        try:
            await workflow.sleep(timedelta(days=365))
        finally:
            await noop()


@workflow.defn(name="parent")
class Parent:
    @workflow.run
    async def run(self, workflow_type: str, argument: Any) -> Any:
        return await workflow.execute_child_workflow(workflow_type, argument)


@workflow.defn(name="generations")
class Generations:
    @workflow.run
    async def run(self, left: int) -> int:
        if left == 0:
            return 0
        workflow.continue_as_new(left - 1)


@dataclass
class Asked:
    activity: str
    args: list[Any] = field(default_factory=list)
    activityId: str | None = None
    scheduleToCloseMs: int | None = None
    scheduleToStartMs: int | None = None
    startToCloseMs: int | None = None
    heartbeatMs: int | None = None
    attempts: int | None = None
    retryMs: int | None = None
    nonRetryable: list[str] | None = None
    whenCanceled: str = "try"


def duration(ms: int | None) -> timedelta | None:
    return None if ms is None else timedelta(milliseconds=ms)


@workflow.defn(name="errand")
class Errand:
    """One activity with options as asked for; when canceled, goes on until `done`."""

    def __init__(self) -> None:
        self.is_done = False
        self.enter("under way")

    def enter(self, state: str) -> None:
        self.current = state
        workflow.publish("state", state)

    @workflow.query
    def state(self) -> str:
        return self.current

    @workflow.signal
    def done(self) -> None:
        self.is_done = True

    @workflow.run
    async def run(self, it: Asked) -> Any:
        types = workflow.ActivityCancellationType
        try:
            return await workflow.execute_activity(
                it.activity,
                args=it.args,
                activity_id=it.activityId,
                schedule_to_close_timeout=duration(it.scheduleToCloseMs),
                schedule_to_start_timeout=duration(it.scheduleToStartMs),
                start_to_close_timeout=duration(it.startToCloseMs),
                heartbeat_timeout=duration(it.heartbeatMs),
                retry_policy=RetryPolicy(
                    initial_interval=duration(it.retryMs) or timedelta(seconds=1),
                    maximum_attempts=it.attempts or 0,
                    non_retryable_error_types=it.nonRetryable,
                ),
                cancellation_type={
                    "wait": types.WAIT_CANCELLATION_COMPLETED,
                    "abandon": types.ABANDON,
                    "try": types.TRY_CANCEL,
                }[it.whenCanceled],
            )
        except BaseException as error:
            if is_cancelled_exception(error):
                self.enter("canceled")
                await workflow.wait_condition(lambda: self.is_done)
            raise
