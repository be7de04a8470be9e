"""Run as it stands by two: by a worker of Temporal's own SDK, on its own server, and by a host of ours, as a component."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.common import RetryPolicy, SearchAttributeKey
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, is_cancelled_exception
from temporalio.workflow import ActivityCancellationType, ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    # What else it has: imported, so that it is part of the component.
    from mirror import ends, handlers, tasks, tracing, values  # noqa: F401

interceptors = [tracing.Tracing()]

SECOND = timedelta(seconds=1)
MS = timedelta(milliseconds=1)


def policy(attempts: int) -> RetryPolicy:
    return RetryPolicy(
        initial_interval=10 * MS,
        backoff_coefficient=1.5,
        maximum_interval=SECOND,
        maximum_attempts=attempts,
        non_retryable_error_types=["Fatal"],
    )


def root(error: BaseException) -> str:
    """What really happened."""
    while isinstance(error, FailureError) and error.cause:
        error = error.cause
    return error.message if isinstance(error, FailureError) else str(error)


async def is_canceled(awaitable) -> bool:
    try:
        await awaitable
    except BaseException as error:
        return is_cancelled_exception(error)
    return False


@workflow.defn(name="echo")
class Echo:
    @workflow.run
    async def run(self, value: str) -> str:
        return value


@workflow.defn(name="refuses")
class Refuses:
    @workflow.run
    async def run(self, why: str) -> str:
        raise ApplicationError(why, why, type="Refused", non_retryable=True)


@workflow.defn(name="timers")
class Timers:
    @workflow.run
    async def run(self) -> None:
        long = asyncio.create_task(workflow.sleep(3600 * SECOND, summary="too long"))
        await asyncio.sleep(0)
        await workflow.sleep(20 * MS, summary="short")
        long.cancel()
        await asyncio.sleep(0)
        await workflow.sleep(10 * MS)


@workflow.defn(name="generations")
class Generations:
    @workflow.run
    async def run(self, left: int) -> int:
        if left > 0:
            workflow.continue_as_new(left - 1)
        return 0


@workflow.defn(name="secondTry")
class SecondTry:
    @workflow.run
    async def run(self) -> int:
        attempt = workflow.info().attempt
        if attempt == 1:
            raise ApplicationError("the first attempt fails", type="NotYet")
        return attempt


STAGE = SearchAttributeKey.for_keyword("Stage")
ITEMS = SearchAttributeKey.for_int("Items")
LABELS = SearchAttributeKey.for_keyword_list("Labels")


@workflow.defn(name="attributes")
class Attributes:
    @workflow.run
    async def run(self) -> None:
        workflow.upsert_search_attributes(
            [STAGE.value_set("packing"), ITEMS.value_set(3), LABELS.value_set(["fragile", "gift"])]
        )
        workflow.upsert_memo({"note": "packed by hand"})
        await workflow.sleep(10 * MS)
        workflow.upsert_search_attributes([LABELS.value_unset()])
        workflow.upsert_memo({"note": None})


@workflow.defn(name="carries")
class Carries:
    @workflow.run
    async def run(self, how: str) -> str:
        info = workflow.info()
        if info.continued_run_id is None and info.attempt == 1:
            workflow.upsert_search_attributes([STAGE.value_set("upserted"), LABELS.value_unset()])
            workflow.upsert_memo({"note": "upserted"})
            await workflow.sleep(10 * MS)
            if how == "continues":
                workflow.continue_as_new(how)
            if how == "fails":
                raise ApplicationError("the first attempt fails", type="NotYet")
        elif not how:
            await workflow.sleep(3600 * SECOND)
        return workflow.info().typed_search_attributes.get(STAGE, "")


class Hears:
    def __init__(self) -> None:
        self.heard: list[str] = []

    @workflow.signal(name="add")
    def add(self, value: str) -> None:
        self.heard.append(value)


@workflow.defn(name="marks")
class Marks(Hears):
    @workflow.run
    async def run(self) -> list[str]:
        for n, stage in enumerate(["none heard", "one heard"], 1):
            workflow.upsert_search_attributes([STAGE.value_set(stage)])
            workflow.upsert_memo({"note": stage})
            await workflow.wait_condition(lambda: len(self.heard) >= n)
        return self.heard


@workflow.defn(name="patches")
class Patches:
    @workflow.run
    async def run(self) -> bool:
        taken = workflow.patched("think-twice")
        await workflow.sleep(10 * MS)
        return taken and workflow.patched("think-twice")


@workflow.defn(name="breaks")
class Breaks:
    @workflow.run
    async def run(self) -> None:
        raise RuntimeError("broken on purpose")


@workflow.defn(name="greets")
class Greets:
    @workflow.run
    async def run(self, name: str) -> str:
        return await workflow.execute_activity(
            "greet",
            name,
            schedule_to_close_timeout=60 * SECOND,
            schedule_to_start_timeout=50 * SECOND,
            start_to_close_timeout=40 * SECOND,
            heartbeat_timeout=30 * SECOND,
            retry_policy=policy(5),
            summary="says hello",
            result_type=str,
        )


def quick(name: str, *args, **options):
    return workflow.start_activity(name, args=list(args), start_to_close_timeout=10 * SECOND, **options)


@workflow.defn(name="persists")
class Persists:
    @workflow.run
    async def run(self) -> int:
        return await quick("fails", 2, retry_policy=policy(5))


@workflow.defn(name="givesUp")
class GivesUp:
    @workflow.run
    async def run(self) -> int:
        return await quick("fails", 9, retry_policy=policy(2))


@workflow.defn(name="meetsRefusal")
class MeetsRefusal:
    @workflow.run
    async def run(self, kind: str) -> None:
        await quick("refuses", kind, retry_policy=policy(5))


@workflow.defn(name="runsOutOfTime")
class RunsOutOfTime:
    @workflow.run
    async def run(self) -> list[str]:
        told = []
        for name, args, options in [
            ("greet", ["nobody"], dict(task_queue="nobody", start_to_close_timeout=10 * SECOND, schedule_to_start_timeout=50 * MS)),
            ("greet", ["nobody"], dict(task_queue="nobody", start_to_close_timeout=10 * SECOND, schedule_to_close_timeout=50 * MS)),
            ("stalls", [], dict(start_to_close_timeout=SECOND, retry_policy=policy(1))),
            ("stalls", [], dict(start_to_close_timeout=10 * SECOND, heartbeat_timeout=SECOND, retry_policy=policy(1))),
        ]:
            try:
                told.append(await workflow.execute_activity(name, args=args, **options))
            except ActivityError as error:
                told.append(root(error))
        return told


@workflow.defn(name="changesItsMind")
class ChangesItsMind:
    def __init__(self) -> None:
        self.enough = False

    @workflow.signal(name="enough")
    def on_enough(self) -> None:
        self.enough = True

    @workflow.run
    async def run(self) -> bool:
        waiting = ActivityCancellationType.WAIT_CANCELLATION_COMPLETED
        stalling = quick("stalls", heartbeat_timeout=5 * SECOND, cancellation_type=waiting)
        await workflow.wait_condition(lambda: self.enough)
        stalling.cancel()
        return await is_canceled(stalling)


@workflow.defn(name="leavesIt")
class LeavesIt:
    @workflow.run
    async def run(self) -> bool:
        unheard = quick("greet", "nobody", task_queue="nobody")
        await workflow.sleep(10 * MS)
        unheard.cancel()
        canceled = await is_canceled(unheard)
        await workflow.sleep(SECOND)
        return canceled


@workflow.defn(name="trusts")
class Trusts:
    @workflow.run
    async def run(self) -> str:
        return await workflow.start_activity(
            "later", activity_id="later", start_to_close_timeout=60 * SECOND, heartbeat_timeout=50 * SECOND
        )


@workflow.defn(name="callsCloseBy")
class CallsCloseBy:
    @workflow.run
    async def run(self, name: str) -> list[str]:
        shouted = await workflow.execute_local_activity("shout", name, start_to_close_timeout=10 * SECOND)
        balked = workflow.execute_local_activity("balks", name, start_to_close_timeout=10 * SECOND)
        return [shouted, await told(balked)]


@workflow.defn(name="early")
class Early(Hears):
    """Returns what it has heard before its first line."""

    @workflow.run
    async def run(self) -> list[str]:
        return self.heard


@workflow.defn(name="listens")
class Listens:
    def __init__(self) -> None:
        self.values: list[str] = []

    @workflow.signal(name="add")
    def add(self, value: str) -> None:
        self.values.append(value)

    @workflow.query(name="heard")
    def heard(self) -> list[str]:
        return self.values

    @workflow.run
    async def run(self) -> list[str]:
        await workflow.wait_condition(lambda: len(self.values) >= 2)
        return self.values


@workflow.defn(name="waits")
class Waits:
    def __init__(self) -> None:
        self.told: list[str] = []

    @workflow.signal(name="finish")
    def finish(self, value: str) -> None:
        self.told.append(value)

    @workflow.signal(name="heard")
    def on_heard(self, value: str) -> None:
        pass

    @workflow.run
    async def run(self) -> str:
        await workflow.wait_condition(lambda: bool(self.told))
        return self.told[0]


@workflow.defn(name="lateWaits")
class LateWaits:
    def __init__(self) -> None:
        self.told: list[str] = []

    @workflow.signal(name="finish")
    def finish(self, value: str) -> None:
        self.told.append(value)

    @workflow.run
    async def run(self) -> str:
        if workflow.info().attempt == 1:
            raise ApplicationError("the first attempt fails", type="NotYet")
        await workflow.wait_condition(lambda: bool(self.told))
        return self.told[0]


@workflow.defn(name="desk")
class Desk:
    def __init__(self) -> None:
        self.paid = 0
        self.closed = False

    @workflow.query(name="total")
    def total(self) -> int:
        return self.paid

    @workflow.query(name="broken")
    def broken(self) -> int:
        raise ApplicationError("out of order", type="Broken")

    @workflow.signal(name="close")
    def close(self) -> None:
        self.closed = True

    @workflow.update(name="pay")
    async def pay(self, amount: int) -> str:
        if amount > 1000:
            raise ApplicationError("over 1000", type="TooMuch", non_retryable=True)
        charged = await quick("greet", "payer", result_type=str)
        self.paid += amount
        return charged

    @pay.validator
    def check(self, amount: int) -> None:
        if amount == 0:
            raise ApplicationError("amount is 0, expected more", type="NothingToPay")

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.closed)
        return self.paid


def named(kind: str, name: str, **options):
    return workflow.start_child_workflow(kind, id=f"{workflow.info().workflow_id}-{name}", **options)


@workflow.defn(name="parent")
class Parent:
    @workflow.run
    async def run(self, kind: str, argument: str) -> str:
        return await (
            await named(
                kind,
                "child",
                args=[argument],
                run_timeout=3600 * SECOND,
                retry_policy=RetryPolicy(maximum_attempts=1),
                memo={"from": "parent"},
            )
        )


@workflow.defn(name="impatientParent")
class ImpatientParent:
    @workflow.run
    async def run(self, patience: int = 1) -> str:
        return await (await named("waits", "child", run_timeout=patience * SECOND))


@workflow.defn(name="sternParent")
class SternParent:
    @workflow.run
    async def run(self) -> bool:
        waiting = await named("waits", "child")
        waiting.cancel()
        return await is_canceled(waiting)


@workflow.defn(name="lateParent")
class LateParent:
    @workflow.run
    async def run(self, taken: str) -> str:
        return await (await workflow.start_child_workflow("waits", id=taken))


@workflow.defn(name="parting")
class Parting:
    def __init__(self) -> None:
        self.closed = False

    @workflow.signal(name="close")
    def close(self) -> None:
        self.closed = True

    @workflow.run
    async def run(self) -> None:
        for name, what in [
            ("terminated", ParentClosePolicy.TERMINATE),
            ("canceled", ParentClosePolicy.REQUEST_CANCEL),
            ("abandoned", ParentClosePolicy.ABANDON),
        ]:
            await named("waits", name, parent_close_policy=what)
        await workflow.wait_condition(lambda: self.closed)


@workflow.defn(name="grandparent")
class Grandparent:
    @workflow.run
    async def run(self) -> None:
        await (await named("meetsRefusal", "child", args=["Fatal"]))


async def told(awaitable) -> str:
    try:
        await awaitable
    except FailureError as error:
        return root(error)
    return "delivered"


@workflow.defn(name="caller")
class Caller:
    @workflow.run
    async def run(self, other: str) -> list[str]:
        there = workflow.get_external_workflow_handle(other)
        nobody = workflow.get_external_workflow_handle(f"{other}-nobody")
        return [
            await told(there.signal("heard", "hello")),
            await told(nobody.signal("heard", "hello")),
            await told(there.cancel(reason="no longer needed")),
            await told(nobody.cancel(reason="no longer needed")),
        ]
