"""Temporal's time-skipping test environment, with a server that was given to it.

    time_skipping.py SERVER

Says where the server listens, and goes on when a line comes on stdin: then workflows are there.
"""

import asyncio
import sys
import time
from datetime import timedelta

from temporalio.testing import WorkflowEnvironment

from program import run

DAY_MS = 24 * 3600 * 1000


def say(text: str) -> None:
    print(text, flush=True)


async def main(server: str) -> None:
    env = await WorkflowEnvironment.start_time_skipping(test_server_existing_path=server)
    async with env:
        say(f"listens on {env.client.service_client.config.target_host}")
        await asyncio.to_thread(sys.stdin.readline)

        began, real = await env.get_current_time(), time.monotonic()
        # It waits for the outcome, so the SDK lets time jump.
        await env.client.execute_workflow("sleep", 30 * DAY_MS, id="waits-30-days", task_queue="bench")
        skipped = await env.get_current_time() - began
        say(f"executed: {skipped.days} days later, {'soon' if time.monotonic() - real < 10 else 'late'}")

        handle = await env.client.start_workflow("sleep", 2 * DAY_MS, id="waits-2-days", task_queue="bench")
        await env.sleep(timedelta(days=1))
        say(f"after a day: {(await handle.describe()).status.name}")
        await env.sleep(timedelta(days=1))
        say(f"after two: {(await handle.describe()).status.name}")


run(main(sys.argv[1]))
