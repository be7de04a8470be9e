"""Handlers of signals, queries and updates in all their forms, a dynamic workflow, and what becomes of children."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RawValue
from temporalio.exceptions import ApplicationError, ChildWorkflowError, is_cancelled_exception
from temporalio.workflow import ChildWorkflowCancellationType


def text(args: Sequence[RawValue]) -> str:
    return " ".join(workflow.payload_converter().from_payload(it.payload, str) for it in args)


@workflow.defn(name="gate")
class Gate:
    """Lets nobody in before it is open."""

    def __init__(self) -> None:
        self.is_open = False
        self.is_closed = False

    @workflow.signal(name="open")
    def opens(self) -> None:
        self.is_open = True

    @workflow.signal
    def close(self) -> None:
        self.is_closed = True

    @workflow.update
    def enter(self) -> None:
        pass

    @enter.validator
    def check_open(self) -> None:
        if not self.is_open:
            raise ApplicationError("the gate is closed", type="Closed")

    @workflow.run
    async def run(self) -> None:
        await workflow.wait_condition(lambda: self.is_closed)


@workflow.defn(name="handles")
class Handles:
    def __init__(self) -> None:
        self.told: list[str] = []
        self.lock = asyncio.Lock()

    @workflow.signal(name="note", description="Is kept")
    def takes_note(self, what: str, again: int = 1) -> None:
        self.told += [what] * again

    @workflow.signal(unfinished_policy=workflow.HandlerUnfinishedPolicy.ABANDON)
    async def later(self, what: str) -> None:
        async with self.lock:
            await asyncio.sleep(0.01)
            self.told.append(f"later {what}")

    @workflow.signal(dynamic=True)
    def any_signal(self, name: str, args: Sequence[RawValue]) -> None:
        self.told.append(f"{name}({text(args)})")

    @workflow.query
    async def all(self) -> list[str]:
        return self.told

    @workflow.query
    def meddles(self) -> None:
        workflow.start_activity("greet", "nobody", start_to_close_timeout=timedelta(seconds=10))

    @workflow.query(dynamic=True)
    def any_query(self, name: str, args: Sequence[RawValue]) -> str:
        return f"{name}({text(args)})"

    @workflow.update(name="change")
    async def changes(self, what: str) -> str:
        update = workflow.current_update_info()
        assert update is not None
        async with self.lock:
            await asyncio.sleep(0.01)
            self.told.append(f"{update.id}: {what}")
        if what == "fails":
            raise ApplicationError("it fails", 1, "two", type="Unchanged", non_retryable=True)
        return f"{update.name} to {what}"

    @changes.validator
    def may_change(self, what: str) -> None:
        if what == "nothing":
            raise ValueError("nothing to change")

    @workflow.update(dynamic=True)
    async def any_update(self, name: str, args: Sequence[RawValue]) -> str:
        return f"{name}({text(args)})"

    @workflow.run
    async def run(self) -> list[str]:
        await workflow.wait_condition(lambda: "hand over" in self.told)
        workflow.set_signal_handler("note", lambda what: self.told.append(f"{what}, by another"))
        workflow.set_query_handler("all", lambda: ["not told any more"])
        workflow.set_dynamic_signal_handler(None)
        await workflow.wait_condition(lambda: "end, by another" in self.told)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return self.told


@workflow.defn(dynamic=True)
class Whatever:
    """Any type that nobody else is."""

    @workflow.dynamic_config
    def config(self) -> workflow.DynamicWorkflowConfig:
        return workflow.DynamicWorkflowConfig(failure_exception_types=[KeyError])

    @workflow.run
    async def run(self, args: Sequence[RawValue]) -> str:
        known = {"whoever": f"{workflow.info().workflow_type}({text(args)})"}
        return known[workflow.info().workflow_type]


@workflow.defn(name="parts")
class Parts:
    """Cancels children, each in a way of its own."""

    @workflow.run
    async def run(self) -> list[str]:
        told = []
        for kind in ChildWorkflowCancellationType:
            child_id = f"{workflow.info().workflow_id}-{kind.name.lower()}"
            child = await workflow.start_child_workflow("waits", id=child_id, cancellation_type=kind)
            await child.signal("heard", "hello")
            child.cancel()
            try:
                await child
                told.append("completed")
            except ChildWorkflowError as error:
                told.append(f"canceled: {is_cancelled_exception(error)}")
            if kind == ChildWorkflowCancellationType.ABANDON:
                await child.signal("finish", "alone")
        return told


@workflow.defn(name="cleansUp", failure_exception_types=[ZeroDivisionError])
class CleansUp:
    """Is asked to stop, and cleans up before it does, or fails while it does."""

    def __init__(self) -> None:
        self.is_cleaned = False

    @workflow.query
    def cleaned(self) -> bool:
        return self.is_cleaned

    @workflow.run
    async def run(self, how: str) -> str:
        try:
            await workflow.wait_condition(lambda: False)
        except asyncio.CancelledError:
            await asyncio.sleep(0.01)
            self.is_cleaned = True
            if how == "fails":
                return str(1 / 0)
            if how == "goes on":
                return f"as if nothing was, but for: {workflow.cancellation_reason()}"
            raise
        return "never"
