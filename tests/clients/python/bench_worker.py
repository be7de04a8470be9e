"""The bench guest's workflows and activities, on Temporal's own worker: the same names, the same history.

`bench` has workflows and activities; on `waiting` nobody works on activities; `bad` has the one
that fails.
"""

import argparse
import asyncio
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from program import run


@activity.defn
async def noop() -> None:
    return None


async def do_noop() -> None:
    await workflow.execute_activity(noop, start_to_close_timeout=timedelta(seconds=10))


@workflow.defn(name="one-activity")
class OneActivity:
    @workflow.run
    async def run(self) -> None:
        await do_noop()


@workflow.defn(name="sleep")
class Sleep:
    @workflow.run
    async def run(self, ms: int) -> None:
        await asyncio.sleep(ms / 1000)


@workflow.defn(name="wait-signal")
class WaitSignal:
    def __init__(self) -> None:
        self.values = []

    @workflow.run
    async def run(self) -> Any:
        await workflow.wait_condition(lambda: len(self.values) > 0)
        return self.values[0]

    @workflow.signal
    def go(self, value: Any) -> None:
        self.values.append(value)

    @workflow.query
    def status(self) -> str:
        return "signaled" if self.values else "waiting"


@workflow.defn(name="echo")
class Echo:
    @workflow.run
    async def run(self, value: Any) -> Any:
        return value


@workflow.defn(name="counter")
class Counter:
    def __init__(self) -> None:
        self._sum = 0

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self._sum >= 100)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self._sum

    @workflow.update
    async def add(self, n: int) -> int:
        await do_noop()
        self._sum += n
        return self._sum

    @add.validator
    def positive(self, n: int) -> None:
        if n <= 0:
            raise ApplicationError(f"{n} is not positive", type="NotPositive")

    @workflow.query
    def sum(self) -> int:
        return self._sum


@workflow.defn(name="until-canceled")
class UntilCanceled:
    @workflow.run
    async def run(self) -> None:
        try:
            await asyncio.sleep(timedelta(days=365).total_seconds())
        finally:
            await do_noop()


@workflow.defn(name="parent")
class Parent:
    @workflow.run
    async def run(self, workflow_type: str, argument: Any) -> Any:
        return await workflow.execute_child_workflow(workflow_type, argument)


@workflow.defn(name="generations")
class Generations:
    @workflow.run
    async def run(self, left: int) -> int:
        if left > 0:
            workflow.continue_as_new(left - 1)
        return 0


@workflow.defn(name="fail")
class Fail:
    @workflow.run
    async def run(self, kind: str) -> None:
        raise ApplicationError("failed on purpose", type=kind)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    args = parser.parse_args()

    client = await Client.connect(args.address)
    bench = [OneActivity, Sleep, WaitSignal, Echo, Counter, UntilCanceled, Parent, Generations]
    # The sandbox imports this file anew for each run.
    runner = UnsandboxedWorkflowRunner()
    workers = [
        Worker(client, task_queue="bench", workflows=bench, activities=[noop], workflow_runner=runner),
        Worker(client, task_queue="waiting", workflows=bench, workflow_runner=runner),
        Worker(client, task_queue="bad", workflows=[Fail], workflow_runner=runner),
    ]
    print("ready", flush=True)
    await asyncio.gather(*(worker.run() for worker in workers))


run(main())
