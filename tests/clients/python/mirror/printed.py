"""What the command lines print of a run, read as strictly as protobuf's JSON can be."""

import asyncio
import json
import pathlib

from google.protobuf.json_format import ParseDict, ParseError
from google.protobuf.message import Message
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse

from mirror.stage import Stage

# Each is a process, and there are many.
N_AT_ONCE = 4
_places = asyncio.Semaphore(N_AT_ONCE)


async def run(program: pathlib.Path, *args: str) -> dict:
    async with _places:
        process = await asyncio.create_subprocess_exec(
            program, *args, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        said, complained = await process.communicate()
    if process.returncode != 0:
        raise RuntimeError(f"{program.name} {' '.join(args)}: {complained.decode()}")
    return json.loads(said)


async def mistakes(stage: Stage, address: str, refrain: pathlib.Path, temporal: pathlib.Path) -> list[str]:
    """What is printed of the scenario's first workflow and is not what the server answers."""
    workflow_id = stage.ids[0]
    run_id = (await stage.chain(workflow_id))[-1]
    history = await stage.history(workflow_id, run_id)
    described = await stage.described(workflow_id, run_id)
    of = ["--workflow-id", workflow_id, "--run-id", run_id, "--output", "json", "--address", address]
    theirs = [*of, "--disable-config-file", "--no-json-shorthand-payloads"]
    found = []
    for program, args in [(refrain, of), (temporal, theirs)]:
        shown, told = await asyncio.gather(
            run(program, "workflow", "show", *args), run(program, "workflow", "describe", *args)
        )
        # Temporal's command line adds these to the answer.
        close_event, _ = told.pop("closeEvent", None), told.pop("result", None)
        found += compare(f"{program.name} workflow show -w {workflow_id}", shown, History(), history)
        found += compare(
            f"{program.name} workflow describe -w {workflow_id}", told, DescribeWorkflowExecutionResponse(), described
        )
        if close_event:
            last = history.events[-1]
            found += compare(f"the close event of {workflow_id}", close_event, HistoryEvent(), last)
    return found


def compare(what: str, printed: dict, empty: Message, expected: Message) -> list[str]:
    try:
        parsed = ParseDict(printed, empty, ignore_unknown_fields=False)
    except ParseError as error:
        return [f"{what}: {error}"]
    # A clock goes on between two looks at it.
    for it in (parsed, expected):
        if isinstance(it, DescribeWorkflowExecutionResponse):
            it.workflow_extended_info.time_skipping_info.ClearField("current_time")
    return [] if parsed == expected else [f"{what} prints\n{parsed}\nbut the server says\n{expected}"]
