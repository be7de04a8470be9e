"""Plays the same scenarios on Temporal's own server and on a Refrain, and compares what both tell of them.

Prints each difference that `mirror/known.toml` does not list, and each that it lists and is gone.
"""

import argparse
import asyncio
import logging
import pathlib
import sys
import tomllib
import traceback
from datetime import timedelta

from temporalio.client import Client
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

# `chains` adds to the plays.
from mirror import activities, chains, plays, workflows  # noqa: F401
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
N_AT_ONCE = 16


def worker(client: Client, theirs: bool) -> Worker:
    """The activities; on Temporal's server the workflows too."""
    return Worker(
        client,
        task_queue=QUEUE,
        activities=activities.ALL,
        workflows=workflows.ALL if theirs else [],
        workflow_runner=UnsandboxedWorkflowRunner(),
        identity="mirror-worker",
        max_heartbeat_throttle_interval=timedelta(milliseconds=50),
        default_heartbeat_throttle_interval=timedelta(milliseconds=50),
    )


async def play(stage: Stage, nature: dict[str, str]) -> dict:
    """All that one server tells of a scenario, scrubbed."""
    try:
        await plays.ALL[stage.name](stage)
        return await told(stage, nature)
    except Exception as error:
        traceback.print_exception(error)
        return {"broken off": f"{type(error).__name__}: {error}"}


async def told(stage: Stage, nature: dict[str, str]) -> dict:
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


async def main(ours: str, refrain: pathlib.Path, only: str | None) -> int:
    # Activities fail here on purpose.
    logging.getLogger("temporalio").setLevel(logging.CRITICAL)
    listed = tomllib.loads(KNOWN.read_text())
    nature = {name: it["shown"] for it in listed["nature"] for name in it.get("fields", [])}
    known = Known(listed["difference"], [at for it in listed["nature"] for at in it.get("at", [])])
    flags = ["--headless"] + [flag for it in ATTRIBUTES for flag in ("--search-attribute", it)]
    environment = await WorkflowEnvironment.start_local(
        dev_server_existing_path=str(TEMPORAL), dev_server_extra_args=flags, dev_server_log_level="error"
    )
    async with environment as server:
        theirs = await Client.connect(server.client.service_client.config.target_host, identity=CLIENT)
        here = await Client.connect(ours, identity=CLIENT)
        async with worker(theirs, True), worker(here, False):
            names = [it for it in plays.ALL if only is None or only in it]
            places = asyncio.Semaphore(N_AT_ONCE)

            async def play_both(name: str) -> tuple[dict, dict, list[str]]:
                async with places:
                    left, right = Stage(name, theirs), Stage(name, here)
                    told_left, told_right = await asyncio.gather(play(left, nature), play(right, nature))
                broken = [it["broken off"] for it in (told_left, told_right) if "broken off" in it]
                if broken or not right.ids:
                    return told_left, told_right, [f"{name} was broken off: {it}" for it in broken]
                return told_left, told_right, await mistakes(right, ours, refrain, TEMPORAL)

            both = await asyncio.gather(*map(play_both, names))
    found: list[Difference] = []
    wrong: list[str] = []
    for name, (left, right, mistaken) in zip(names, both):
        found += [it for it in differences(name, left, right) if not known.has(it)]
        wrong += mistaken
    if found:
        print(report(found))
    wrong += [f"listed, but it does not occur: {it}" for it in known.gone() if only is None]
    print("\n".join(wrong or ([] if found else [f"{len(names)} scenarios: no difference that is not listed"])))
    return 1 if found or wrong else 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True, help="of the Refrain, with `mirror` deployed to the queue `mirror`")
    parser.add_argument("--refrain", required=True, type=pathlib.Path, help="its program")
    parser.add_argument("--only", help="the scenarios with this in their names")
    args = parser.parse_args()
    run(main(args.address, args.refrain, args.only))
