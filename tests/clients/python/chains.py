"""Chains of runs by Temporal's own client: retries, a cron string, and handles that outlive a run. Prints what it sees."""

import sys
from datetime import timedelta

from temporalio.client import (
    Client,
    WorkflowContinuedAsNewError,
    WorkflowExecutionStatus,
    WorkflowFailureError,
    WorkflowHandle,
)
from temporalio.common import RetryPolicy
from temporalio.exceptions import CancelledError
from temporalio.service import RPCError

from program import run
from waiting import eventually

QUEUE = "entities"


async def account(client: Client, workflow_id: str) -> WorkflowHandle:
    """An account in its second run, with the handle that its start gave."""
    handle = await client.start_workflow("account", args=[[], 1], id=workflow_id, task_queue=QUEUE)
    latest = client.get_workflow_handle(workflow_id)
    await latest.signal("deposit", 7)

    async def has_gone_on() -> bool:
        described = await latest.describe()
        return described.run_id != handle.first_execution_run_id

    await eventually(has_gone_on)
    return handle


async def status(client: Client, workflow_id: str) -> str:
    described = await client.get_workflow_handle(workflow_id).describe()
    return WorkflowExecutionStatus(described.status).name


async def main(address: str) -> None:
    client = await Client.connect(address)
    policy = RetryPolicy(initial_interval=timedelta(milliseconds=10), maximum_attempts=3)
    print(await client.execute_workflow("flaky", 2, id="flaky", task_queue=QUEUE, retry_policy=policy))
    flaky = await client.start_workflow("flaky", 2, id="alone", task_queue=QUEUE, retry_policy=policy)
    try:
        await flaky.result(follow_runs=False)
    except WorkflowContinuedAsNewError as error:
        print("first attempt:", error)
    try:
        await client.execute_workflow("flaky", 3, id="flaky-3", task_queue=QUEUE, retry_policy=policy)
    except WorkflowFailureError as error:
        print(f"failed: {error.cause}")

    handle = await account(client, "canceled")
    await handle.cancel()
    try:
        await handle.result()
    except WorkflowFailureError as error:
        print("canceled:", isinstance(error.cause, CancelledError), await status(client, "canceled"))

    handle = await account(client, "terminated")
    await handle.terminate()
    print("terminated:", await status(client, "terminated"))

    # Another chain with the same id is none of the old handle's business.
    await account(client, "terminated")
    try:
        await handle.terminate()
    except RPCError as error:
        print("old handle:", error.status.name, await status(client, "terminated"))

    try:
        await client.start_workflow("digest", 1, id="wrong", task_queue=QUEUE, cron_schedule="at noon")
    except RPCError as error:
        print("refused:", error.status.name, error.message)


run(main(sys.argv[1]))
