"""Somebody's test suite: Temporal's local environment, with a server that was given to it.

    local_environment.py SERVER COMPONENT
"""

import subprocess
import sys
from datetime import timedelta

from temporalio import activity
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.testing import ActivityEnvironment, WorkflowEnvironment
from temporalio.worker import Worker

from program import run

CUSTOMER = SearchAttributeKey.for_keyword("customer")


@activity.defn(name="noop")
async def noop(*_: object) -> None:
    print("worked in", activity.info().namespace)


async def main(server: str, component: str) -> None:
    environment = await WorkflowEnvironment.start_local(
        namespace="shop",
        search_attributes=[CUSTOMER],
        dev_server_existing_path=server,
        dev_server_extra_args=["--guest-memory", "32MiB"],
        dev_server_log_level="error",
    )
    async with environment:
        client = environment.client
        address = client.service_client.config.target_host
        deploy = [server, "deploy", component, "--task-queue", "tests", "--namespace", "shop", "--address", address]
        subprocess.run(deploy, check=True, stdout=subprocess.DEVNULL)
        async with Worker(client, task_queue="tests", activities=[noop]):
            await client.execute_workflow(
                "one-activity",
                id="tested",
                task_queue="tests",
                run_timeout=timedelta(seconds=20),
                search_attributes=TypedSearchAttributes([SearchAttributePair(CUSTOMER, "ann")]),
            )
        listed = [it.id async for it in client.list_workflows("customer = 'ann'")]
        print("listed:", listed)
        print("skips time:", environment.supports_time_skipping)
    # A unit test of an activity needs no server at all.
    await ActivityEnvironment().run(noop)


run(main(*sys.argv[1:]))
