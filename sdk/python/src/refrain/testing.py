"""Tests of workflows: in a host of their own, where time is skipped and activities are functions of the test.

Needs `temporalio` (`pip install refrain[testing]`) and the program `refrain`: what `REFRAIN_BIN` names, or the one on the PATH.
"""

from __future__ import annotations

import asyncio
import contextlib
import functools
import inspect
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from types import FrameType
from typing import Any

from temporalio import activity
from temporalio.client import Client, WorkflowExecution, WorkflowHandle
from temporalio.testing import WorkflowEnvironment
from temporalio.worker import Worker

from ._definitions import name_of_workflow

TASK_QUEUE = "tests"


#: How often a run that is waited for is looked at.
_LOOK = timedelta(milliseconds=250)
#: What a worker of Temporal's says of an activity that it does not have, and is asked for it again and again.
_UNKNOWN = "is not registered on this worker"


class Diverged(AssertionError):
    """The component does something else than a history says."""


class Broken(AssertionError):
    """What is waited for does not come: a workflow task failed, or the test has no function for an activity."""


@dataclass
class Environment:
    """A host with one component."""

    #: Temporal's. While it waits for the outcome of a workflow, time jumps to the next timer.
    client: Client
    task_queue: str
    _inner: WorkflowEnvironment

    async def start(self, workflow: Any, *args: Any, **options: Any) -> WorkflowHandle[Any, Any]:
        """Starts a workflow: its type, or its method with `@workflow.run`. Options: as `Client.start_workflow`.

        Who waits for its result, or for an update, gets `Broken` once a workflow task fails, of the run or of a child of it, or if
        the worker of the test lacks an activity. A handle of `client` goes on waiting.
        """
        options = {"id": str(uuid.uuid4()), "task_queue": self.task_queue, **options}
        handle = await self.client.start_workflow(_type_of(workflow), args=args, **options)
        for wait in ("result", "execute_update"):
            setattr(handle, wait, functools.partial(self._unless_broken, handle.id, getattr(handle, wait)))
        return handle

    async def execute(self, workflow: Any, *args: Any, **options: Any) -> Any:
        """Starts a workflow and waits for its result. Errors: `WorkflowFailureError`."""
        return await (await self.start(workflow, *args, **options)).result()

    async def _unless_broken(self, id: str, wait: Callable[..., Awaitable[Any]], *args: Any, **options: Any) -> Any:
        outcome = asyncio.ensure_future(wait(*args, **options))
        broken = asyncio.ensure_future(self._until_broken(id))
        try:
            done, _ = await asyncio.wait({outcome, broken}, return_when=asyncio.FIRST_COMPLETED)
            return await (outcome if outcome in done else broken)
        finally:
            outcome.cancel()
            broken.cancel()
            await asyncio.gather(outcome, broken, return_exceptions=True)

    async def _until_broken(self, id: str) -> None:
        """Until a workflow task fails, of this run or of one of its children."""
        quoted = id.replace("'", "''")
        children = f"RootWorkflowId = '{quoted}' AND TemporalReportedProblems IN ('category=WorkflowTaskFailed')"
        while True:
            await asyncio.sleep(_LOOK.total_seconds())
            run = await self.client.get_workflow_handle(id).describe()
            if run.raw_description.pending_workflow_task.attempt > 1:
                raise await self._broken(run)
            for asked in run.raw_description.pending_activities:
                said = asked.last_failure
                if said.application_failure_info.type == "NotFoundError" and _UNKNOWN in said.message:
                    of = f"workflow `{run.workflow_type}` ({run.id})"
                    raise Broken(f"nothing stands for the activity `{asked.activity_type.name}` of {of}: {said.message}")
            # To look at each of its children would take longer the more there are.
            async for child in self.client.list_workflows(children):
                raise await self._broken(child)

    async def _broken(self, run: WorkflowExecution) -> Broken:
        history = await self.client.get_workflow_handle(run.id, run_id=run.run_id).fetch_history()
        failed = [it for it in history.events if it.HasField("workflow_task_failed_event_attributes")]
        failure = failed[-1].workflow_task_failed_event_attributes.failure
        why = failure.message if "\n" in failure.message else f"{failure.message}\n{failure.stack_trace}".rstrip()
        return Broken(f"workflow `{run.workflow_type}` ({run.id}) is broken, its workflow task failed: {why}")

    async def sleep(self, seconds: float) -> None:
        """Lets so much time pass, at once."""
        await self._inner.sleep(seconds)

    async def save_history(self, handle: WorkflowHandle[Any, Any], file: Path | str) -> None:
        """Keeps a run for `replay`."""
        Path(file).write_text((await handle.fetch_history()).to_json())


@contextlib.asynccontextmanager
async def environment(
    component: Path | str,
    activities: Mapping[str, Callable[..., Any]] | None = None,
    *,
    task_queue: str = TASK_QUEUE,
    server_args: Sequence[str] = (),
) -> AsyncIterator[Environment]:
    """A host with this component, and a worker whose activities are these functions, plain or async."""
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(_until_nobody_wakes_us)
        inner = await WorkflowEnvironment.start_time_skipping(
            test_server_existing_path=_program(), test_server_extra_args=server_args
        )
        await stack.enter_async_context(inner)
        address = inner.client.service_client.config.target_host
        await asyncio.to_thread(_run, "deploy", str(component), "--task-queue", task_queue, "--address", address)
        mocks = [_mock(name, fn) for name, fn in (activities or {}).items()]
        if mocks:
            await stack.enter_async_context(Worker(inner.client, task_queue=task_queue, activities=mocks))
        yield Environment(inner.client, task_queue, inner)


async def _until_nobody_wakes_us() -> None:
    """Until Temporal's threads have left Python: one that is still in it when the interpreter ends takes the process along.

    Each of them wakes the loop with an outcome, and has yet to return from that when whoever awaited the outcome goes on.
    """
    while any(_wakes_a_loop(frame) for frame in sys._current_frames().values()):
        # They need the interpreter, which a sleep of no time would hardly leave them.
        await asyncio.sleep(0.001)


def _wakes_a_loop(frame: FrameType) -> bool:
    """Whether this is all that its thread does in Python, as no thread of Python's own has it."""
    while frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_name == "call_soon_threadsafe"


def _type_of(workflow: Any) -> Any:
    """A method of a file that imports from `temporalio` is known to Temporal's client."""
    try:
        return name_of_workflow(workflow)[0]
    except TypeError:
        return workflow


def _mock(name: str, fn: Callable[..., Any]) -> Callable[..., Any]:
    async def mock(*args: Any) -> Any:
        result = fn(*args)
        return await result if inspect.isawaitable(result) else result

    # A function says of which types its arguments are. What is none, as `list.append` or a `Mock`, has no types to say.
    if inspect.isfunction(fn) or inspect.ismethod(fn):
        functools.update_wrapper(mock, fn)
    return activity.defn(name=name)(mock)


def replay(component: Path | str, *histories: Path | str) -> None:
    """Plays exported histories, files or folders of them. Errors: `Diverged`, with the event that differs."""
    for history in histories:
        said = subprocess.run([_program(), "replay", str(history), str(component)], capture_output=True, text=True)
        if said.returncode == 4:
            raise Diverged(said.stdout)
        if said.returncode != 0:
            raise RuntimeError(said.stdout + said.stderr)


def _run(*args: str) -> None:
    said = subprocess.run([_program(), *args], capture_output=True, text=True)
    if said.returncode != 0:
        raise RuntimeError(f"refrain {' '.join(args)}: {said.stdout}{said.stderr}")


def _program() -> str:
    program = os.environ.get("REFRAIN_BIN") or shutil.which("refrain")
    if program is None:
        raise RuntimeError("the program `refrain` is not on the PATH: install it, or name it in REFRAIN_BIN")
    return program
