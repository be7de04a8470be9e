"""Plays the same scenarios on Temporal's own server and on Refrains, and compares what they tell of them.

On Temporal's server the workflows are those of `guest-examples/python/mirror`, on a worker of its SDK for Python; here they are
the guest `mirror` of a language. Prints each difference that `mirror/known.toml` does not list, and each that it lists and is gone.
"""

import argparse
import asyncio
import contextlib
import logging
import pathlib
import socket
import sys
import tomllib
import traceback
from datetime import timedelta
from typing import Any

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

# Some only add to the plays.
from mirror import activities, chains, clocks, http, plays, python_plays, refusals, tracing, values, workflow  # noqa: F401
from mirror.compare import Difference, Known, differences, report
from mirror.printed import mistakes
from mirror.scrub import Scrub
from mirror.stage import QUEUE, Stage
from program import run

TEMPORAL = pathlib.Path(sys.executable).parent / "temporal"
KNOWN = pathlib.Path(__file__).parent / "mirror/known.toml"
ATTRIBUTES = ["Stage=Keyword", "Items=Int", "Labels=KeywordList"]
CLIENT = "mirror-client"
# More would be slower, not faster: what takes long are the waits.
N_AT_ONCE = 10
WORKFLOWS = [
    it
    for module in [workflow, *python_plays.MODULES]
    for it in vars(module).values()
    if hasattr(it, "__temporal_workflow_definition")
]
ACTIVITIES = [*activities.ALL, tracing.serves, values.repeats, values.weighs]
PYTHON = "python"


def worker(client: Client, theirs: bool) -> Worker:
    """The activities; on Temporal's server the workflows too."""
    return Worker(
        client,
        task_queue=QUEUE,
        activities=ACTIVITIES,
        workflows=WORKFLOWS if theirs else [],
        interceptors=workflow.interceptors,
        workflow_runner=UnsandboxedWorkflowRunner(),
        identity="mirror-worker",
        max_heartbeat_throttle_interval=timedelta(milliseconds=50),
        default_heartbeat_throttle_interval=timedelta(milliseconds=50),
    )


async def play(stage: Stage, nature: dict[str, str]) -> dict[str, Any]:
    """All that one server tells of a scenario, scrubbed."""
    try:
        await plays.ALL[stage.name](stage)
        return await told(stage, nature)
    except Exception as error:
        traceback.print_exception(error)
        return {"broken off": f"{type(error).__name__}: {error}"}


async def told(stage: Stage, nature: dict[str, str]) -> dict[str, Any]:
    chains = {workflow_id: await stage.chain(workflow_id) for workflow_id in stage.ids}
    run_ids = stage.run_names | {
        run_id: f"<run {nth + 1} of {workflow_id}>"
        for workflow_id, chain in chains.items()
        for nth, run_id in enumerate(chain)
    }
    scrub = Scrub(nature, run_ids)
    told = {name: scrub.kept(value) for name, value in stage.kept.items()}
    for workflow_id, chain in chains.items():
        for nth, run_id in enumerate(chain):
            of = f"{workflow_id} {nth + 1}"
            told[f"history {of}"] = scrub.history(await stage.history(workflow_id, run_id))
            told[f"described {of}"] = scrub.message(await stage.described(workflow_id, run_id))
    return told


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


async def main(ours: dict[str, str], ours_http: str, refrain: pathlib.Path, only: str | None) -> int:
    # Activities fail here on purpose.
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)
    listed = tomllib.loads(KNOWN.read_text())
    nature = {name: it["shown"] for it in listed["nature"] for name in it.get("fields", [])}
    known = Known(listed["difference"], [at for it in listed["nature"] for at in it.get("at", [])])
    # Off by default there, and one batch at a time.
    settings = [
        "frontend.WorkflowPauseEnabled=true",
        "frontend.WorkflowTimeSkippingEnabled=true",
        "frontend.MaxConcurrentBatchOperationPerNamespace=10",
    ]
    http_port = free_port()
    flags = ["--headless", "--http-port", str(http_port)]
    flags += [flag for it in settings for flag in ("--dynamic-config-value", it)]
    flags += [flag for it in ATTRIBUTES for flag in ("--search-attribute", it)]
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL), dev_server_extra_args=flags, dev_server_log_level="error"
    )
    async with environment as server, contextlib.AsyncExitStack() as workers:
        theirs = await Client.connect(server.client.service_client.config.target_host, identity=CLIENT)
        here = {language: await Client.connect(address, identity=CLIENT) for language, address in ours.items()}
        for client in [theirs, *here.values()]:
            await workers.enter_async_context(worker(client, client is theirs))
        names = [it for it in plays.ALL if only is None or only in it]
        places = asyncio.Semaphore(N_AT_ONCE)

        async def play_everywhere(name: str) -> tuple[list[Difference], list[str]]:
            languages = [it for it in here if it == PYTHON or name not in python_plays.ONLY_PYTHON]
            if name in plays.ONCE:
                languages = languages[:1]
            their_stage = Stage(name, theirs, f"http://127.0.0.1:{http_port}")
            stages = [their_stage, *(Stage(name, here[it], ours_http) for it in languages)]
            async with places:
                told, *others = await asyncio.gather(*(play(it, nature) for it in stages))
            found: list[Difference] = []
            wrong = [f"{name} was broken off by Temporal: {told['broken off']}"] if "broken off" in told else []
            for language, stage, other in zip(languages, stages[1:], others):
                found += differences(name, language, told, other)
                if "broken off" in other:
                    wrong.append(f"{name} in {language} was broken off: {other['broken off']}")
                elif stage.ids and not wrong:
                    wrong += await mistakes(stage, ours[language], refrain, TEMPORAL)
            return found, wrong

        all_told = await asyncio.gather(*map(play_everywhere, names))
    found = [it for differing, _ in all_told for it in differing if not known.has(it)]
    wrong = [it for _, mistaken in all_told for it in mistaken]
    if found:
        print(report(found))
    wrong += [f"listed, but it does not occur: {it}" for it in known.gone() if only is None]
    print("\n".join(wrong or ([] if found else [f"{len(names)} scenarios: no difference that is not listed"])))
    return 1 if found or wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--address",
        required=True,
        action="append",
        metavar="LANGUAGE=ADDRESS",
        help="of a Refrain with the guest `mirror` of that language, deployed to the queue `mirror`",
    )
    parser.add_argument("--http", required=True, help="the HTTP API of the first of them, with http://")
    parser.add_argument("--refrain", required=True, type=pathlib.Path, help="its program")
    parser.add_argument("--only", help="the scenarios with this in their names")
    args = parser.parse_args()
    run(main(dict(it.split("=", 1) for it in args.address), args.http, args.refrain, args.only))
