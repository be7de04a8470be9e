"""More scenarios: what goes along a chain of runs, what a reset keeps, and who may end a chain."""

from datetime import timedelta

from google.protobuf.empty_pb2 import Empty
from temporalio.api.batch.v1 import BatchOperationReset
from temporalio.api.common.v1 import ResetOptions
from temporalio.api.enums.v1 import ResetReapplyExcludeType
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse, StartBatchOperationRequest
from temporalio.common import RetryPolicy, SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

from mirror.plays import play, reset_request
from mirror.stage import NAMESPACE, Stage, event_name, fresh

FOUND_BY = TypedSearchAttributes(
    [
        SearchAttributePair(SearchAttributeKey.for_keyword("Stage"), "started"),
        SearchAttributePair(SearchAttributeKey.for_int("Items"), 7),
        SearchAttributePair(SearchAttributeKey.for_keyword_list("Labels"), ["gift"]),
    ]
)
NOTED = {"from": "start", "note": "not yet"}
SOON = RetryPolicy(initial_interval=timedelta(milliseconds=20), maximum_attempts=2)


@play
async def carries_on(it: Stage) -> None:
    await it.result(await it.start("carries", "continues", memo=NOTED, search_attributes=FOUND_BY))


@play
async def carries_to_a_retry(it: Stage) -> None:
    await it.result(await it.start("carries", "fails", memo=NOTED, search_attributes=FOUND_BY, retry_policy=SOON))


@play
async def carries_to_the_next_time(it: Stage) -> None:
    """And is terminated as the chain that it is."""
    handle = await it.start("carries", "", memo=NOTED, search_attributes=FOUND_BY, cron_schedule="@every 1s")
    await it.until_runs(handle.id, 2)
    await it.until(handle.id, "TIMER_STARTED")
    await it.client.get_workflow_handle(
        handle.id, first_execution_run_id=handle.first_execution_run_id
    ).terminate()
    await it.until(handle.id, "WORKFLOW_EXECUTION_TERMINATED")


async def marked(it: Stage) -> list[int]:
    """One that has heard one of its two signals; the events that ended its tasks."""
    handle = await it.start("marks", memo=NOTED, search_attributes=FOUND_BY)
    await it.until(handle.id, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES")
    await handle.signal("add", "one")
    history = await it.until(handle.id, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", 2)
    return [event.event_id for event in history.events if event_name(event) == "WORKFLOW_TASK_COMPLETED"]


@play
async def reset_before_an_upsert(it: Stage) -> None:
    """What was upserted since is gone, what was before is there."""
    tasks = await marked(it)
    request = reset_request(it, tasks[1], reset_reapply_exclude_types=[ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL])
    await it.service.reset_workflow_execution(request)
    await it.until(it.id(), "WORKFLOW_TASK_COMPLETED")
    await it.until(it.id(), "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", 2)
    again = it.client.get_workflow_handle(it.id())
    await again.signal("add", "two")
    await it.result(again)


@play
async def reset_to_the_first_task(it: Stage) -> None:
    tasks = await marked(it)
    excluded = [
        ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_SIGNAL,
        ResetReapplyExcludeType.RESET_REAPPLY_EXCLUDE_TYPE_UPDATE,
    ]
    await it.service.reset_workflow_execution(reset_request(it, tasks[0], reset_reapply_exclude_types=excluded))
    await it.until(it.id(), "WORKFLOW_TASK_COMPLETED")
    await it.describe("after the reset", it.id())
    again = it.client.get_workflow_handle(it.id())
    await again.signal("add", "two")
    await it.until(it.id(), "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", 2)
    await again.signal("add", "three")
    await it.result(again)


def run_of(described: DescribeWorkflowExecutionResponse) -> str:
    return described.workflow_execution_info.execution.run_id


@play
async def reset_in_a_batch(it: Stage) -> None:
    for name, target in [("first", "first_workflow_task"), ("last", "last_workflow_task")]:
        handle = await it.start("marks", suffix=name)
        await it.until(handle.id, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES")
        await handle.signal("add", "one")
        await it.until(handle.id, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", 2)
        operation = BatchOperationReset(identity="operator", options=ResetOptions(**{target: Empty()}))
        request = StartBatchOperationRequest(
            namespace=NAMESPACE, job_id=fresh(), reason="try again", reset_operation=operation
        )
        request.executions.add(workflow_id=handle.id)
        await it.service.start_batch_operation(request)
        again = it.client.get_workflow_handle(handle.id)
        await it.until_described(handle.id, lambda found: run_of(found) != handle.first_execution_run_id)
        await it.until(handle.id, "UPSERT_WORKFLOW_SEARCH_ATTRIBUTES", 2)
        await again.signal("add", "two")
        await it.result(again, f"result of {name}")


@play
async def a_chain_is_canceled(it: Stage) -> None:
    """By who names its first run, and by nobody else."""
    handle = await it.start("lateWaits", retry_policy=SOON)
    await it.until(handle.id, "WORKFLOW_EXECUTION_STARTED")
    first = handle.first_execution_run_id
    described = await it.until_described(handle.id, lambda found: run_of(found) != first)
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    second = run_of(described)
    of = it.client.get_workflow_handle
    for name, run, chain in [
        ("another chain", None, fresh()),
        ("its second run", None, second),
        ("the second run of another chain", second, fresh()),
    ]:
        if run != second:
            await it.tell(f"cancel {name}", of(handle.id, run_id=run, first_execution_run_id=chain).cancel())
        await it.tell(f"terminate {name}", of(handle.id, run_id=run, first_execution_run_id=chain).terminate())
    await it.tell("signal its first run", of(handle.id, run_id=first).signal("noted"))
    # The first run is over. With the chain named beside it, the run of now is meant.
    await it.tell("cancel the chain", of(handle.id, run_id=first, first_execution_run_id=first).cancel())
    await it.until(handle.id, "WORKFLOW_EXECUTION_CANCELED")
    await it.result(handle)
    await it.tell("cancel after", of(handle.id, first_execution_run_id=first).cancel())
    await it.tell("terminate after", of(handle.id, first_execution_run_id=first).terminate())


@play
async def a_chain_is_terminated(it: Stage) -> None:
    """By who names its first run, also as the run."""
    handle = await it.start("lateWaits", retry_policy=SOON)
    await it.until(handle.id, "WORKFLOW_EXECUTION_STARTED")
    first = handle.first_execution_run_id
    await it.until_described(handle.id, lambda found: run_of(found) != first)
    await it.until(handle.id, "WORKFLOW_TASK_COMPLETED")
    of = it.client.get_workflow_handle
    await it.tell("terminate its first run", of(handle.id, run_id=first).terminate())
    await it.tell("terminate the chain", of(handle.id, run_id=first, first_execution_run_id=first).terminate())
    await it.until(handle.id, "WORKFLOW_EXECUTION_TERMINATED")
    await it.result(handle)


@play
async def a_long_summary(it: Stage) -> None:
    """Longer than the documentation says that it may be."""
    await it.result(await it.start("echo", "hello", static_summary="s" * 399, static_details="d" * 20_001))
