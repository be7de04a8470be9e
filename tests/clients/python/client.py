"""All that an application does with workflows, by Temporal's own client. Prints what it sees."""

import sys

from temporalio.client import (
    Client,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError
from temporalio.service import RPCError

from program import run
from waiting import eventually


def order(order_id: str, sku: str) -> dict:
    return {"orderId": order_id, "items": [{"sku": sku, "quantity": 2}], "amount": 4200}


async def ended(handle: WorkflowHandle) -> str:
    """How it ended: its result, or the causes of its failure."""
    try:
        return repr(await handle.result())
    except WorkflowFailureError as error:
        causes = []
        cause: BaseException | None = error.cause
        while cause is not None:
            name = type(cause).__name__
            kind = getattr(cause, "type", None)
            activity = cause.activity_type if isinstance(cause, ActivityError) else None
            causes.append(" ".join(filter(None, [name, kind, activity, f"`{cause}`"])))
            cause = cause.__cause__
        return " <- ".join(causes)


async def main(address: str) -> None:
    client = await Client.connect(address)
    start = client.start_workflow

    # An order, from start to result.
    handle = await start("orderFulfillment", order("7", "kettle"), id="py-order", task_queue="orders")

    async def waits_for_warehouse() -> bool:
        return await handle.query("status") == "awaitingWarehouse"

    await eventually(waits_for_warehouse)
    print("status:", await handle.query("status"))
    description = await handle.describe()
    print("described:", description.status.name, description.workflow_type, description.task_queue)
    try:
        await start("orderFulfillment", order("7", "kettle"), id="py-order", task_queue="orders")
    except WorkflowAlreadyStartedError as error:
        print("started twice:", type(error).__name__, error.workflow_id)
    try:
        await handle.query("no-such-query")
    except WorkflowQueryFailedError as error:
        print("unknown query:", type(error).__name__)
    await handle.signal("warehouseConfirmed")
    print("result:", await ended(handle))
    print("described:", (await handle.describe()).status.name)
    try:
        await handle.signal("warehouseConfirmed")
    except RPCError as error:
        print("signal after the end:", error.status.name)

    # One that fails: what went wrong arrives as typed errors.
    failed = await start("orderFulfillment", order("8", "unobtainium"), id="py-failed", task_queue="orders")
    print("failed:", await ended(failed))

    # Cancel, terminate.
    canceled = await start("until-canceled", id="py-canceled", task_queue="bench")
    await canceled.cancel()
    print("canceled:", await ended(canceled))
    terminated = await start("wait-signal", id="py-terminated", task_queue="bench")
    await terminated.terminate("no longer needed")
    print("terminated:", await ended(terminated))

    # A signal with a payload comes out as it went in.
    echo = await start("wait-signal", id="py-echo", task_queue="bench")
    await echo.signal("go", {"text": "grüße", "list": [1, None, 2.5]})
    print("echo:", await ended(echo))

    # What is refused, and how.
    try:
        await start("wait-signal", id="py-nowhere", task_queue="nothing-is-deployed-here")
    except RPCError as error:
        print("nothing deployed:", error.status.name)
    try:
        await start("no-such-type", id="py-nothing", task_queue="bench")
    except RPCError as error:
        print("unknown type:", error.status.name)
    try:
        await client.get_workflow_handle("py-nothing").describe()
    except RPCError as error:
        print("unknown workflow:", error.status.name)

    listed = [it async for it in client.list_workflows("TaskQueue = 'bench'")]
    print("listed:", sorted(f"{it.id} {it.status.name}" for it in listed))
    print("counted:", (await client.count_workflows("ExecutionStatus = 'Completed'")).count)
    history = await handle.fetch_history()
    ids = [event.event_id for event in history.events]
    print("events:", len(ids), "ids without gaps:", ids == list(range(1, len(ids) + 1)))


run(main(sys.argv[1]))
