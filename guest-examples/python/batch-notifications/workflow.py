"""Notifies many users, a child workflow for each, so many at a time. Beside it a workflow that does with children
and other workflows whatever can be done with them."""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass

from refrain import workflow
from refrain.exceptions import ApplicationError, root_cause


@dataclass
class Batches:
    users: int
    atATime: int


@workflow.defn(name="batchNotifications")
class BatchNotifications:
    """How many were notified."""

    @workflow.run
    async def run(self, batches: Batches) -> int:
        me = workflow.info().workflow_id
        notified = 0
        for first in range(0, batches.users, batches.atATime):
            users = range(first, min(first + batches.atATime, batches.users))
            children = [workflow.execute_child_workflow(NotifyUser.run, user, id=f"{me}-{user}") for user in users]
            notified += sum(await asyncio.gather(*children))
        return notified


@workflow.defn(name="notifyUser")
class NotifyUser:
    """Notifies one: always a success here."""

    @workflow.run
    async def run(self, user: int) -> int:
        return 1


@workflow.defn(name="refuses")
class Refuses:
    @workflow.run
    async def run(self) -> str:
        raise ApplicationError("refused for good", type="Refused")


@workflow.defn(name="waits")
class Waits:
    def __init__(self) -> None:
        self.told: str | None = None

    @workflow.signal
    def finish(self, text: str) -> None:
        self.told = text

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: self.told is not None)
        return self.told or ""


@workflow.defn(name="family")
class Family:
    """What came of each thing that was tried, in the order in which it was."""

    def __init__(self) -> None:
        self.is_closed = False

    @workflow.signal
    def close(self) -> None:
        self.is_closed = True

    @workflow.run
    async def run(self) -> list[str]:
        me = workflow.info().workflow_id
        told = [await outcome(workflow.execute_child_workflow(Refuses.run, id=f"{me}-refuses"))]

        waiting = await workflow.start_child_workflow(Waits.run, id=f"{me}-signaled")
        # One more with the same id.
        told.append(await outcome(workflow.execute_child_workflow(Waits.run, id=f"{me}-signaled")))
        await waiting.signal(Waits.finish, "told by its parent")
        told.append(await outcome(waiting))

        canceled = asyncio.create_task(workflow.execute_child_workflow(Waits.run, id=f"{me}-canceled"))
        await asyncio.sleep(0)
        canceled.cancel()
        told.append(await outcome(canceled))

        nobody = workflow.get_external_workflow_handle(f"{me}-nobody")
        told.append(await outcome(delivered(nobody.signal(Waits.finish, ""))))
        told.append(await outcome(delivered(nobody.cancel())))

        for fate in ("terminated", "asked-to-stop", "abandoned"):
            policy = {
                "terminated": workflow.ParentClosePolicy.TERMINATE,
                "asked-to-stop": workflow.ParentClosePolicy.REQUEST_CANCEL,
                "abandoned": workflow.ParentClosePolicy.ABANDON,
            }[fate]
            await workflow.start_child_workflow(Waits.run, id=f"{me}-{fate}", parent_close_policy=policy)
        await workflow.wait_condition(lambda: self.is_closed)
        return told


async def outcome(of: Awaitable[str]) -> str:
    """The root of what went wrong, if something did."""
    try:
        return await of
    except Exception as error:
        return root_cause(error)


async def delivered(of: Awaitable[None]) -> str:
    await of
    return "delivered"
