"""What a type checker knows of workflows and activities. The last two show that it also says when something is wrong."""

from collections.abc import Sequence
from datetime import timedelta

from typing_extensions import assert_type

from refrain import activity, workflow
from refrain.workflow import ActivityHandle, ChildWorkflowHandle

TRIES = workflow.ActivityConfig(start_to_close_timeout=timedelta(seconds=10))


@activity.defn
async def weighs(parcel: str, each: float) -> float:
    return each


@activity.defn
def packs(parcel: str) -> int:
    return 1


class Desk:
    @activity.defn
    async def stamps(self, parcel: str) -> bytes:
        return b""


@workflow.defn
class Child:
    @workflow.run
    async def run(self, n: int) -> list[str]:
        return []

    @workflow.signal
    def stop(self, why: str) -> None:
        pass


@workflow.defn(name="parent")
class Parent:
    @workflow.init
    def __init__(self, parcels: Sequence[str]) -> None:
        self.parcels = parcels

    @workflow.update(name="add")
    async def adds(self, parcel: str) -> int:
        return len(parcel)

    @adds.validator
    def may_add(self, parcel: str) -> None:
        pass

    @workflow.query
    def n_parcels(self) -> int:
        return len(self.parcels)

    @workflow.run
    async def run(self, parcels: Sequence[str]) -> float:
        assert_type(await workflow.execute_activity(packs, "one", **TRIES), int)
        assert_type(await workflow.execute_activity(weighs, args=["one", 1.5], **TRIES), float)
        assert_type(await workflow.execute_activity("named", "one", result_type=str, **TRIES), str)
        assert_type(await workflow.execute_activity_method(Desk.stamps, "one", **TRIES), bytes)
        assert_type(workflow.start_activity(packs, "one", **TRIES), ActivityHandle[int])
        near = timedelta(seconds=1)
        assert_type(await workflow.execute_local_activity(packs, "one", start_to_close_timeout=near), int)
        child = await workflow.start_child_workflow(Child.run, 3, id="child")
        assert_type(child, ChildWorkflowHandle[Child, list[str]])
        await child.signal(Child.stop, "enough")
        assert_type(await child, list[str])
        assert_type(await workflow.execute_child_workflow(Child.run, 3), list[str])
        await workflow.execute_activity(packs, 7, **TRIES)  # type: ignore[arg-type]
        await workflow.execute_activity(packs, "one", start_to_close_timeout="10s")  # type: ignore[call-overload]
        return 1.5
