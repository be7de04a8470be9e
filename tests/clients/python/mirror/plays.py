"""The scenarios: what a client does, the same on both servers."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta, timezone

from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import WorkflowExecutionStatus
from temporalio.api.workflowservice.v1 import (
    CountWorkflowExecutionsRequest,
    DescribeScheduleRequest,
    DescribeScheduleResponse,
    ListScheduleMatchingTimesRequest,
    ListSchedulesRequest,
    ResetWorkflowExecutionRequest,
)
from temporalio.client import (
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleBackfill,
    ScheduleCalendarSpec,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
    ScheduleUpdate,
    ScheduleUpdateInput,
    WithStartWorkflowOperation,
    WorkflowUpdateStage,
)
from temporalio.common import (
    RetryPolicy,
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
    WorkflowIDReusePolicy,
)
from temporalio.exceptions import ApplicationError

from waiting import eventually

from mirror.stage import NAMESPACE, QUEUE, Stage, event_name, fresh

ALL: dict[str, Callable[[Stage], Awaitable[None]]] = {}
#: Those about the server alone: it is the same for each guest.
ONCE: set[str] = set()
SECOND = timedelta(seconds=1)
COMPLETED = WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED


def play(function):
    """Its name is the scenario's, and the beginning of its workflow ids."""
    ALL[function.__name__.replace("_", "-")] = function
    return function


def ends(name: str, kind: str, *args, **options) -> None:
    """One that needs nobody: its end is waited for."""

    async def run(it: Stage) -> None:
        await it.result(await it.start(kind, *args, **options))

    ALL[name] = run


ends("completes", "echo", "hello")
ends("fails", "refuses", "for good")
ends("timers", "timers")
ends("greets", "greets", "world")
ends("persists", "persists")
ends("gives-up", "givesUp")
ends("meets-refusal", "meetsRefusal", "Minor")
ends("meets-fatal-refusal", "meetsRefusal", "Fatal")
ends("runs-out-of-time", "runsOutOfTime")
ends("leaves-it", "leavesIt")
ends("patches", "patches")
ends("calls-close-by", "callsCloseBy", "world")
ends("attributes", "attributes", memo={"from": "start", "note": "not yet"})


@play
async def changes_its_mind(it: Stage) -> None:
    handle = await it.start("changesItsMind")
    begun = lambda found: [pending for pending in found.pending_activities if pending.heartbeat_details.payloads]
    await it.until_described(handle.id, begun)
    await it.describe("while it stalls", handle.id)
    await handle.signal("enough")
    await it.result(handle)


@play
async def continues_as_new(it: Stage) -> None:
    attributes = TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_keyword("Stage"), "first")])
    handle = await it.start(
        "generations", 2, memo={"from": "start"}, search_attributes=attributes, execution_timeout=60 * SECOND
    )
    await it.result(handle)


@play
async def signals(it: Stage) -> None:
    handle = await it.start("listens")
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await it.tell("query before", handle.query("heard"))
    await handle.signal("add", "one")
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED", 2)
    await it.tell("query between", handle.query("heard"))
    await handle.signal("add", "two")
    await it.result(handle)
    await it.tell("query after", handle.query("heard"))
    await it.tell("signal after", handle.signal("add", "three"))


@play
async def signal_with_start(it: Stage) -> None:
    handle = await it.start("listens", start_signal="add", start_signal_args=["one"])
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await it.start("listens", start_signal="add", start_signal_args=["two"])
    await it.result(handle)


@play
async def early_signal(it: Stage) -> None:
    await it.result(await it.start("early", start_signal="add", start_signal_args=["one"]))


@play
async def desk(it: Stage) -> None:
    handle = await it.start("desk")
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await it.tell("paid", handle.execute_update("pay", 5, id="first"))
    await it.tell("paid again", handle.execute_update("pay", 5, id="first"))
    await it.tell("refused", handle.execute_update("pay", 0, id="nothing"))
    await it.tell("failed", handle.execute_update("pay", 1001, id="much"))
    await it.tell("unknown", handle.execute_update("no-such-update", 1, id="unknown"))
    await it.tell("total", handle.query("total"))
    await it.tell("broken", handle.query("broken"))
    await it.tell("no such query", handle.query("no-such-query"))
    accepted = await handle.start_update("pay", 6, id="second", wait_for_stage=WorkflowUpdateStage.ACCEPTED)
    await it.tell("accepted", accepted.result())
    await handle.signal("close")
    await it.result(handle)
    await it.tell("paid before", handle.execute_update("pay", 5, id="first"))
    await it.tell("paid after", handle.execute_update("pay", 5, id="third"))


@play
async def cancel(it: Stage) -> None:
    handle = await it.start("waits")
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await handle.cancel()
    await it.result(handle)
    await it.tell("cancel after", handle.cancel())


@play
async def terminate(it: Stage) -> None:
    handle = await it.start("waits")
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await handle.terminate("for a reason", "in detail", reason="no longer needed")
    await it.result(handle)
    await it.tell("terminate after", handle.terminate())


@play
async def run_timeout(it: Stage) -> None:
    await it.result(await it.start("waits", run_timeout=SECOND))


@play
async def execution_timeout(it: Stage) -> None:
    await it.result(await it.start("waits", execution_timeout=SECOND))


@play
async def second_try(it: Stage) -> None:
    policy = RetryPolicy(initial_interval=timedelta(milliseconds=20), maximum_attempts=3)
    await it.result(await it.start("secondTry", retry_policy=policy))


@play
async def everything_at_the_start(it: Stage) -> None:
    attributes = TypedSearchAttributes([SearchAttributePair(SearchAttributeKey.for_int("Items"), 7)])
    handle = await it.start(
        "waits",
        execution_timeout=300 * SECOND,
        run_timeout=200 * SECOND,
        task_timeout=5 * SECOND,
        memo={"from": "start", "list": [1, 2]},
        search_attributes=attributes,
        static_summary="in short",
        static_details="in *detail*",
        retry_policy=RetryPolicy(initial_interval=SECOND, maximum_attempts=2, non_retryable_error_types=["Fatal"]),
    )
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await it.describe("while it is open", handle.id)
    await handle.signal("finish", "done")
    await it.result(handle)


def parent(name: str, kind: str, *args) -> None:
    async def run(it: Stage) -> None:
        handle = await it.start(kind, *args)
        it.id("child")
        await it.result(handle)

    ALL[name] = run


parent("child-completes", "parent", "echo", "hello")
parent("child-fails", "parent", "refuses", "for good")
# Time enough for a busy worker to have done the child's first task.
parent("child-times-out", "impatientParent", 5)
parent("child-canceled", "sternParent")
parent("child-of-a-child-fails", "grandparent")


@play
async def child_terminated(it: Stage) -> None:
    handle = await it.start("parent", "waits", "")
    await it.until(handle.id, "CHILD_WORKFLOW_EXECUTION_STARTED")
    await it.until(it.id("child"), "WORKFLOW_TASK_COMPLETED")
    await it.describe("while its child is open", handle.id)
    await it.client.get_workflow_handle(it.id("child")).terminate(reason="no longer needed")
    await it.result(handle)


@play
async def child_exists(it: Stage) -> None:
    other = await it.start("waits", suffix="taken")
    await it.result(await it.start("lateParent", other.id))
    await other.terminate()


@play
async def parent_closes(it: Stage) -> None:
    handle = await it.start("parting")
    await it.until(handle.id, "CHILD_WORKFLOW_EXECUTION_STARTED", 3)
    for name in ["terminated", "canceled", "abandoned"]:
        await it.until(it.id(name), "WORKFLOW_TASK_COMPLETED")
    await handle.signal("close")
    await it.result(handle)
    await it.until(it.id("terminated"), "WORKFLOW_EXECUTION_TERMINATED")
    await it.until(it.id("canceled"), "WORKFLOW_EXECUTION_CANCELED")
    await it.client.get_workflow_handle(it.id("abandoned")).signal("finish", "alone")
    await it.until(it.id("abandoned"), "WORKFLOW_EXECUTION_COMPLETED")


@play
async def calls_others(it: Stage) -> None:
    other = await it.start("waits", suffix="other")
    await it.until(other.id, "WORKFLOW_TASK_COMPLETED")
    await it.result(await it.start("caller", other.id))
    await it.result(other, "result of the other")


@play
async def trusts_and_is_told(it: Stage) -> None:
    handle = await it.start("trusts")
    await it.until_described(handle.id, lambda found: found.pending_activities and found.pending_activities[0].attempt)
    activity = it.client.get_async_activity_handle(workflow_id=handle.id, run_id=None, activity_id="later")
    began = lambda found: found.pending_activities[0].last_started_time.seconds
    await it.until_described(handle.id, began)
    await it.tell("heartbeat", activity.heartbeat("half", 50))
    await it.describe("half way", handle.id)
    await it.tell("complete", activity.complete("from outside"))
    await it.result(handle)
    await it.tell("complete again", activity.complete("from outside"))


@play
async def trusts_and_is_failed(it: Stage) -> None:
    handle = await it.start("trusts")
    began = lambda found: found.pending_activities and found.pending_activities[0].last_started_time.seconds
    await it.until_described(handle.id, began)
    activity = it.client.get_async_activity_handle(workflow_id=handle.id, run_id=None, activity_id="later")
    await it.tell("fail", activity.fail(ApplicationError("from outside", type="Outside", non_retryable=True)))
    await it.result(handle)


@play
async def breaks(it: Stage) -> None:
    handle = await it.start("breaks")
    await it.until(handle.id, "WORKFLOW_TASK_FAILED", settled=False)
    await handle.terminate(reason="it is broken")


@play
async def delayed_start(it: Stage) -> None:
    handle = await it.start("echo", "late", start_delay=2 * SECOND)
    await it.describe("while it waits", handle.id)
    await it.result(handle)


@play
async def delayed_start_canceled(it: Stage) -> None:
    handle = await it.start("waits", start_delay=3600 * SECOND)
    await handle.cancel()
    await it.result(handle)


@play
async def cron(it: Stage) -> None:
    # Time enough to terminate the second run before it begins.
    handle = await it.start("echo", "each time", cron_schedule="@every 4s")
    await it.until_runs(handle.id, 2)
    await it.client.get_workflow_handle(handle.id).terminate(reason="enough")


@play
async def update_with_start(it: Stage) -> None:
    def operation() -> WithStartWorkflowOperation:
        return WithStartWorkflowOperation(
            "desk", id=it.id(), task_queue=QUEUE, id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
        )

    update = it.client.execute_update_with_start_workflow
    await it.tell("first", update("pay", 5, start_workflow_operation=operation(), id="first"))
    await it.tell("second", update("pay", 6, start_workflow_operation=operation(), id="second"))
    await it.tell("refused", update("pay", 0, start_workflow_operation=operation(), id="third"))
    handle = it.client.get_workflow_handle(it.id())
    await handle.signal("close")
    await it.result(handle)


@play
async def ids(it: Stage) -> None:
    """What a workflow id may be used for, open and closed."""
    handle = await it.start("waits")
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await it.tell("started twice", it.start("waits"))
    existing = await it.start("waits", id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING)
    it.keep("existing", {"value": existing.first_execution_run_id == handle.first_execution_run_id})
    await it.start("waits", id_conflict_policy=WorkflowIDConflictPolicy.TERMINATE_EXISTING)
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await it.client.get_workflow_handle(handle.id).signal("finish", "done")
    await it.until(handle.id, "WORKFLOW_EXECUTION_COMPLETED")
    await it.tell("no duplicate", it.start("waits", id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE))
    only = WorkflowIDReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY
    await it.tell("no duplicate of a success", it.start("waits", id_reuse_policy=only))
    nobody = it.client.get_workflow_handle(f"{it.name}-nobody")
    await it.tell("signal nobody", nobody.signal("finish", "done"))
    await it.tell("query nobody", nobody.query("heard"))
    await it.tell("cancel nobody", nobody.cancel())
    await it.tell("terminate nobody", nobody.terminate())
    await it.tell("describe nobody", nobody.describe())


@play
async def listed(it: Stage) -> None:
    """Found by what they are, and counted."""
    stage = SearchAttributeKey.for_keyword("Stage")
    for name, value in [("a", "red"), ("b", "red"), ("c", "blue")]:
        attributes = TypedSearchAttributes([SearchAttributePair(stage, value)])
        handle = await it.start("waits", suffix=name, search_attributes=attributes, memo={"name": name})
        await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await it.client.get_workflow_handle(it.id("b")).signal("finish", "done")
    await it.until(it.id("b"), "WORKFLOW_EXECUTION_COMPLETED")
    await it.until_runs(it.id("b"), 1, "CloseTime IS NOT NULL")
    mine = f"WorkflowId STARTS_WITH '{it.name}-'"
    for name, query in [
        ("red", f"{mine} AND Stage = 'red'"),
        ("open", f"{mine} AND ExecutionStatus = 'Running'"),
        ("closed", f"{mine} AND CloseTime IS NOT NULL"),
        ("neither", f"{mine} AND NOT (Stage IN ('red', 'blue'))"),
        ("of a type", f"{mine} AND WorkflowType = 'waits' AND Stage != 'blue'"),
        ("garbled", f"{mine} AND"),
        ("unknown", f"{mine} AND Color = 'red'"),
        ("ordered", f"{mine} ORDER BY StartTime"),
    ]:
        await it.listed(name, query)
        request = CountWorkflowExecutionsRequest(namespace=NAMESPACE, query=query)
        await it.tell(f"count {name}", it.service.count_workflow_executions(request))
    grouped = CountWorkflowExecutionsRequest(namespace=NAMESPACE, query=f"{mine} GROUP BY ExecutionStatus")
    await it.tell("count by status", it.service.count_workflow_executions(grouped))
    for name in "ac":
        await it.client.get_workflow_handle(it.id(name)).terminate(reason="enough")


def reset_request(it: Stage, task: int, **more) -> ResetWorkflowExecutionRequest:
    return ResetWorkflowExecutionRequest(
        namespace=NAMESPACE,
        workflow_execution=WorkflowExecution(workflow_id=it.id()),
        reason="try again",
        workflow_task_finish_event_id=task,
        request_id=fresh(),
        **more,
    )


@play
async def reset(it: Stage) -> None:
    handle = await it.start("listens")
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await handle.signal("add", "one")
    history = await it.until(handle.id, "WORKFLOW_TASK_COMPLETED", 2)
    first = [event.event_id for event in history.events if event_name(event) == "WORKFLOW_TASK_COMPLETED"][0]
    await it.service.reset_workflow_execution(reset_request(it, first))
    again = it.client.get_workflow_handle(handle.id)
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    await again.signal("add", "two")
    await it.result(again)


def schedule(it: Stage, **options) -> Schedule:
    action = ScheduleActionStartWorkflow("echo", "scheduled", id=it.name, task_queue=QUEUE, memo={"from": "schedule"})
    return Schedule(action=action, **options)


async def describe_schedule(it: Stage, name: str, schedule_id: str) -> None:
    request = DescribeScheduleRequest(namespace=NAMESPACE, schedule_id=schedule_id)
    await it.tell(name, it.service.describe_schedule(request))


async def until_ran(it: Stage, schedule_id: str, n: int) -> None:
    """Waits until so many runs are over, and gives them names."""
    found = DescribeScheduleResponse()

    async def has() -> bool:
        nonlocal found
        request = DescribeScheduleRequest(namespace=NAMESPACE, schedule_id=schedule_id)
        found = await it.service.describe_schedule(request)
        done = [it for it in found.info.recent_actions if it.start_workflow_status == COMPLETED]
        return len(done) == n and not found.info.running_workflows

    await eventually(has)
    for nth, action in enumerate(found.info.recent_actions):
        it.run_names[action.start_workflow_result.run_id] = f"<run of action {nth + 1}>"


@play
async def schedules(it: Stage) -> None:
    year = datetime(2031, 1, 1, tzinfo=timezone.utc)
    spec = ScheduleSpec(
        calendars=[ScheduleCalendarSpec(hour=[ScheduleRange(9, 17, 2)], day_of_week=[ScheduleRange(1, 5)])],
        intervals=[ScheduleIntervalSpec(every=timedelta(hours=6), offset=timedelta(minutes=5))],
        cron_expressions=["15 8 * * MON-FRI # early", "@daily"],
        skip=[ScheduleCalendarSpec(month=[ScheduleRange(12)], day_of_month=[ScheduleRange(25)])],
        start_at=year,
        end_at=year + timedelta(days=365),
        time_zone_name="Europe/Paris",
    )
    policy = SchedulePolicy(
        overlap=ScheduleOverlapPolicy.BUFFER_ONE, catchup_window=timedelta(hours=1), pause_on_failure=True
    )
    state = ScheduleState(note="to begin with", limited_actions=True, remaining_actions=7)
    create = it.client.create_schedule
    handle = await create(it.name, schedule(it, spec=spec, policy=policy, state=state), memo={"kept": "here"})
    await describe_schedule(it, "described", it.name)
    await it.tell("created twice", create(it.name, schedule(it, spec=spec)))
    times = ListScheduleMatchingTimesRequest(namespace=NAMESPACE, schedule_id=it.name)
    times.start_time.FromDatetime(year)
    times.end_time.FromDatetime(year + timedelta(days=7))
    found = await it.service.list_schedule_matching_times(times)
    it.keep("matching times", {"value": [when.ToJsonString() for when in found.start_time]})

    await handle.trigger()
    await until_ran(it, it.name, 1)
    await describe_schedule(it, "triggered", it.name)
    await handle.pause(note="a holiday")
    await describe_schedule(it, "paused", it.name)
    listing = ListSchedulesRequest(namespace=NAMESPACE)

    async def is_listed_as_paused() -> bool:
        entries = (await it.service.list_schedules(listing)).schedules
        return any(entry.schedule_id == it.name and entry.info.paused and entry.info.recent_actions for entry in entries)

    await eventually(is_listed_as_paused)
    entries = (await it.service.list_schedules(listing)).schedules
    it.keep("listed", [entry for entry in entries if entry.schedule_id == it.name][0])
    await handle.unpause(note="over")

    def simpler(found: ScheduleUpdateInput) -> ScheduleUpdate:
        found.description.schedule.spec = ScheduleSpec(cron_expressions=["CRON_TZ=UTC 0 12 1 1 *"])
        return ScheduleUpdate(schedule=found.description.schedule)

    await handle.update(simpler)
    await describe_schedule(it, "updated", it.name)
    await handle.delete()
    await it.tell("deleted", handle.describe())
    await it.tell("deleted again", handle.delete())
    await it.tell("triggered after", handle.trigger())


@play
async def schedule_backfilled(it: Stage) -> None:
    state = ScheduleState(paused=True)
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=1))])
    handle = await it.client.create_schedule(it.name, schedule(it, spec=spec, state=state))
    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    await handle.backfill(
        ScheduleBackfill(
            start_at=start,
            end_at=start + timedelta(hours=2),
            overlap=ScheduleOverlapPolicy.BUFFER_ALL,
        )
    )
    await until_ran(it, it.name, 3)
    for hour in range(3):
        workflow_id = f"{it.name}-2026-01-01T0{hour}:00:00Z"
        it.ids.append(workflow_id)
        await it.until(workflow_id, "WORKFLOW_EXECUTION_COMPLETED")
    await describe_schedule(it, "described", it.name)
    await handle.delete()
