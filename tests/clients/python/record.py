"""Records histories with Temporal's own server and SDK, for components of ours to replay.

    target/test-tools/python/bin/python tests/clients/python/record.py tests/histories

The workflows do what the guests of the same name do; see `guest-examples`. A history that is in the directory
already is left as it is.
"""

import asyncio
import pathlib
import re
import sys
from collections.abc import Sequence
from datetime import timedelta

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RawValue, RetryPolicy
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from program import run

QUEUE = "record"
TEMPORAL = pathlib.Path(sys.executable).parent / "temporal"


@activity.defn(name="charge")
async def charge(order_id: str, amount: int) -> str:
    return f"charge-{order_id}"


@activity.defn(name="reserve")
async def reserve(order_id: str, items: list) -> str:
    return f"reservation-{order_id}"


@activity.defn(name="scheduleDelivery")
async def schedule_delivery(order_id: str, reservation_id: str) -> str:
    return f"delivery-{order_id}"


async def step(name: str, *args):
    return await workflow.execute_activity(
        name, args=list(args), start_to_close_timeout=timedelta(seconds=10), retry_policy=RetryPolicy(maximum_attempts=5)
    )


@workflow.defn(name="orderFulfillment")
class OrderFulfillment:
    def __init__(self) -> None:
        self.confirmed = False

    @workflow.signal(name="warehouseConfirmed")
    def confirm(self) -> None:
        self.confirmed = True

    @workflow.run
    async def run(self, order: dict) -> dict:
        charge_id = await step("charge", order["orderId"], order["amount"])
        reservation_id = await step("reserve", order["orderId"], order["items"])
        await workflow.wait_condition(lambda: self.confirmed, timeout=timedelta(hours=24))
        delivery_id = await step("scheduleDelivery", order["orderId"], reservation_id)
        return {
            "orderId": order["orderId"],
            "chargeId": charge_id,
            "reservationId": reservation_id,
            "deliveryId": delivery_id,
        }


@workflow.defn(name="upgrade")
class Upgrade:
    def __init__(self) -> None:
        self.received: set[str] = set()

    @workflow.signal(dynamic=True)
    def receive(self, name: str, args: Sequence[RawValue]) -> None:
        self.received.add(name)

    @workflow.run
    async def run(self, order: str) -> str:
        await workflow.wait_condition(lambda: "approve" in self.received)
        if workflow.patched("think-twice"):
            await asyncio.sleep(0.1)
        charged = await step("charge", order, 100)
        await workflow.wait_condition(lambda: "pack" in self.received)
        packed = await step("scheduleDelivery", order, "express")
        await workflow.wait_condition(lambda: "ship" in self.received)
        return f"version 2: {charged}, {packed}"


async def wait_for(handle, n_completed: int) -> None:
    while True:
        history = await handle.fetch_history()
        done = [it for it in history.events if it.HasField("activity_task_completed_event_attributes")]
        if len(done) == n_completed and history.events[-1].HasField("workflow_task_completed_event_attributes"):
            return
        if len(done) == n_completed and history.events[-1].HasField("timer_started_event_attributes"):
            return
        await asyncio.sleep(0.02)


async def order(client: Client):
    argument = {"orderId": "1001", "items": [{"sku": "kettle", "quantity": 2}], "amount": 4200}
    handle = await client.start_workflow("orderFulfillment", argument, id="order-1001", task_queue=QUEUE)
    await wait_for(handle, 2)
    await handle.signal("warehouseConfirmed")
    await handle.result()


async def upgrade(client: Client):
    handle = await client.start_workflow("upgrade", "1001", id="upgrade-1001", task_queue=QUEUE)
    for nth, name in enumerate(["approve", "pack"]):
        await handle.signal(name)
        await wait_for(handle, nth + 1)
    await handle.signal("ship")
    await handle.result()


async def main(directory: pathlib.Path) -> None:
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL), dev_server_extra_args=["--headless"]
    )
    async with environment as server:
        client = server.client
        workflows, activities = [OrderFulfillment, Upgrade], [charge, reserve, schedule_delivery]
        async with Worker(client, task_queue=QUEUE, workflows=workflows, activities=activities):
            plays = [("order-fulfillment", "order", order), ("patched-upgrade-v2", "upgrade", upgrade)]
            for scenario, name, play in plays:
                await play(client)
                workflow_id = f"{name}-1001"
                # As the SDK writes it, and as the command line does.
                history = await client.get_workflow_handle(workflow_id).fetch_history()
                keep(directory / f"{scenario}/temporal-{name}-python-sdk.json", history.to_json())
                address = client.service_client.config.target_host
                command = [TEMPORAL, "workflow", "show", "--workflow-id", workflow_id]
                command += ["--output", "json", "--address", address, "--disable-config-file"]
                process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
                shown, _ = await process.communicate()
                keep(directory / f"{scenario}/temporal-{name}-temporal-cli.json", shown.decode())


def keep(path: pathlib.Path, text: str) -> None:
    if path.exists():
        print(f"{path} is there already: left as it is")
        return
    # Names of hosts, users and processes are nobody's promise.
    text = re.sub(r'("identity": *)"[0-9]+@[^"]*"', r'\1"host"', text)
    text = re.sub(r'"[0-9]+@[^"]*-([0-9a-f]{32})"', r'"host-\1"', text)
    text = re.sub(r'("identity": *)"temporal-cli:[^"]*"', r'\1"temporal-cli"', text)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    print(path)


if __name__ == "__main__":
    run(main(pathlib.Path(sys.argv[1])))
