"""The activities of workflows that were written without an SDK, on Temporal's own worker.

Each line on stdout is something that happened, so that a test can wait for it and count it.
"""

import argparse
import asyncio
import json

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from program import run


def say(what: str, *values: object) -> None:
    print(what, *(json.dumps(value, separators=(",", ":")) for value in values), flush=True)


@activity.defn
async def charge(order: dict) -> dict:
    say("charge", order)
    if order["amount"] > 10_000:
        raise ApplicationError("over the limit", type="LimitExceeded")
    if order["amount"] == 13:
        raise ApplicationError("card declined", "no money", type="CardDeclined")
    if order["amount"] == 14:
        raise ApplicationError("the bank is closed", type="BankClosed", non_retryable=True)
    return {"chargeId": f"charge-{order['orderId']}", "amount": order["amount"]}


@activity.defn
async def refund(receipt: dict) -> None:
    say("refund", receipt)


@activity.defn
async def reserve(order_id: str, item: dict) -> int:
    say("reserve", order_id, item)
    if item["sku"] == "unobtainium":
        raise ApplicationError("out of stock", type="OutOfStock")
    return len(item["sku"])


@activity.defn
async def greet(name: str) -> str:
    say("greet", name)
    return f"Hello, {name}"


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--task-queue", required=True)
    args = parser.parse_args()
    client = await Client.connect(args.address)
    worker = Worker(client, task_queue=args.task_queue, activities=[charge, greet, refund, reserve])
    say("ready")
    await worker.run()


run(main())
