"""Scenarios for workflows that are there in Python only: the same files on both servers."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from temporalio.client import (
    Client,
    Interceptor,
    OutboundInterceptor,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
)
from temporalio.converter import PayloadConverter

from mirror import ends, handlers, tasks, tracing, values
from mirror.plays import play
from mirror.stage import QUEUE, Stage
from mirror.values import Color, Item, Parcel, Sku, Urgency

MODULES = [ends, handlers, tasks, tracing, values]
#: Those that other guests have no workflows for.
ONLY_PYTHON: set[str] = set()


def python_play(function):
    ONLY_PYTHON.add(function.__name__.replace("_", "-"))
    return play(function)


@python_play
async def asyncio_as_it_is(it: Stage) -> None:
    await it.result(await it.start("tasks"))


@python_play
async def values_of_many_types(it: Stage) -> None:
    inner = Parcel(
        id=UUID(int=7),
        sent=datetime(2026, 12, 24, 18, 30, 0, 250_000, tzinfo=timezone.utc),
        due=None,
        items={"pen": Item(Sku("pen"))},
        colors=[],
        urgency=Urgency.LOW,
        reference="seven",
        size=(),
        kind="goods",
        at=(1, 2.5),
        address={"street": "Main Street"},
        labels=set(),
    )
    parcel = replace(
        inner,
        due=datetime(2027, 1, 6),
        items={"pen": Item(Sku("pen"), 2, ["blue"]), "ink": Item(Sku("ink"))},
        colors=[Color.RED, Color.BLUE],
        reference=7,
        size=(1, 2, 3),
        labels={"fragile"},
        within=inner,
        note="Zoë's",
    )
    handle = await it.start("values", parcel, [Item(Sku("pad"))])
    await it.until(handle.id, "CHILD_WORKFLOW_EXECUTION_COMPLETED")
    await it.tell("an item", handle.query("item", "pen"))
    await it.tell("no item", handle.query("item", "pad"))
    await it.tell("painted", handle.execute_update("paint", [Color.BLUE], id="paint"))
    await it.tell("not painted", handle.execute_update("paint", ["green"], id="not"))
    it.id("boxes")
    await handle.signal("add", args=[Item(Sku("pad"), 3), Urgency.HIGH])
    await it.result(handle)


@python_play
async def handlers_of_all_kinds(it: Stage) -> None:
    handle = await it.start("handles")
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await it.tell("accepted", handle.execute_update("change", "something", id="first"))
    for name, args in [("note", ["a"]), ("note", ["b", 2]), ("unknown", ["c", "d"]), ("later", ["e"])]:
        await handle.signal(name, args=args)
    await it.until(handle.id, "TIMER_FIRED", 2)
    await it.tell("refused", handle.execute_update("change", "nothing", id="second"))
    await it.tell("failed", handle.execute_update("change", "fails", id="third"))
    await it.tell("dynamic", handle.execute_update("unknown", args=["x", "y"], id="fourth"))
    await it.tell("all", handle.query("all"))
    await it.tell("any query", handle.query("unknown", "z"))
    await it.tell("meddles", handle.query("meddles"))
    await handle.signal("note", "hand over")
    await it.tell("handed over", handle.execute_update("change", "anything", id="fifth"))
    await handle.signal("unknown", "is kept")
    await it.tell("not told", handle.query("all"))
    await handle.signal("note", "end")
    await it.result(handle)


@python_play
async def whoever(it: Stage) -> None:
    await it.result(await it.start("whoever", "a", "b", suffix="known"), "known")
    await it.result(await it.start("nobody", suffix="unknown"), "unknown")


@python_play
async def parts_with_children(it: Stage) -> None:
    handle = await it.start("parts")
    for kind in ["abandon", "try_cancel", "wait_cancellation_completed", "wait_cancellation_requested"]:
        it.id(kind)
    await it.result(handle)
    await it.until(it.id("abandon"), "WORKFLOW_EXECUTION_COMPLETED")
    for kind in ["try_cancel", "wait_cancellation_completed", "wait_cancellation_requested"]:
        await it.until(it.id(kind), "WORKFLOW_EXECUTION_CANCELED")


@python_play
async def cleans_up(it: Stage) -> None:
    for how in ["stops", "fails", "goes on"]:
        handle = await it.start("cleansUp", how, suffix=how.replace(" ", "-"))
        await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
        await handle.cancel()
        await it.result(handle, how)
        await it.tell(f"{how}: cleaned", handle.query("cleaned"))


@python_play
async def ends_and_errors(it: Stage) -> None:
    for child in ["waits", "refuses"]:
        it.id(f"bad-child-{child}")
    it.id("what-is-canceled-waits")
    for how in ["while handling", "canceled by itself", "no time", "bad child", "not there", "what is canceled"]:
        await it.result(await it.start("ends", how, suffix=how.replace(" ", "-")), how)


class Sends(Interceptor):
    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return Outbound(next)


def sent(headers: Mapping[str, Any], traceparent: str) -> Mapping[str, Any]:
    return {**headers, tracing.HEADER: PayloadConverter.default.to_payload({"traceparent": traceparent})}


class Outbound(OutboundInterceptor):
    async def start_workflow(self, input: StartWorkflowInput):
        return await super().start_workflow(replace(input, headers=sent(input.headers, "00-start")))

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        await super().signal_workflow(replace(input, headers=sent(input.headers, "00-signal")))

    async def start_workflow_update(self, input: StartWorkflowUpdateInput):
        return await super().start_workflow_update(replace(input, headers=sent(input.headers, "00-update")))


@python_play
async def trace_context(it: Stage) -> None:
    client = Client(it.client.service_client, interceptors=[Sends()])
    handle = await client.start_workflow("visits", [], id=it.id(), task_queue=QUEUE)
    it.id("guest")
    await it.until(handle.id, "CHILD_WORKFLOW_EXECUTION_COMPLETED")
    await it.tell("asked", handle.execute_update("ask", "ask", id="ask"))
    await handle.signal("ring")
    await it.result(handle)
