"""All that Temporal's own client can be asked for, once. Prints what it sees, without ids and times."""

import argparse
from datetime import timedelta

from temporalio import activity
from temporalio.api import batch, taskqueue
from temporalio.api import workflowservice as service
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.workflowservice.v1 import ResetWorkflowExecutionRequest
from temporalio.client import (
    ActivityFailureError,
    AsyncActivityCancelledError,
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleIntervalSpec,
    ScheduleSpec,
    ScheduleUpdate,
    WithStartWorkflowOperation,
    WorkflowFailureError,
    WorkflowQueryFailedError,
    WorkflowUpdateFailedError,
    WorkflowUpdateStage,
)
from temporalio.common import (
    SearchAttributeKey,
    SearchAttributePair,
    TypedSearchAttributes,
    WorkflowIDConflictPolicy,
)
from temporalio.exceptions import (
    ActivityAlreadyStartedError,
    ApplicationError,
    WorkflowAlreadyStartedError,
)
from temporalio.runtime import Runtime, TelemetryConfig
from temporalio.service import RPCError
from temporalio.worker import Worker

from program import run
from waiting import eventually

STAGE = SearchAttributeKey.for_keyword("Stage")
TASKS: dict[str, bytes] = {}


@activity.defn(name="charge")
async def charge(order_id: str, amount: int) -> str:
    if order_id == "elsewhere":
        TASKS[order_id] = activity.info().task_token
        activity.raise_complete_async()
    return f"charge-{order_id}"


@activity.defn(name="greet")
async def greet(name: str) -> str:
    if name == "nobody":
        raise ApplicationError("nobody is there", type="NobodyThere", non_retryable=True)
    return f"hello {name}"


@activity.defn(name="wait")
async def wait(name: str) -> str:
    TASKS[name] = activity.info().task_token
    activity.raise_complete_async()


def causes(error: BaseException) -> str:
    names = []
    cause: BaseException | None = error
    while cause is not None:
        names.append(f"{type(cause).__name__} `{cause}`")
        cause = cause.__cause__
    return " <- ".join(names)


async def refused(what: str, call) -> None:
    try:
        await call
        print(f"{what}: NOT refused")
    except RPCError as error:
        print(f"{what}: {error.status.name}")
    except Exception as error:  # noqa: BLE001
        print(f"{what}: {type(error).__name__}")


async def workflows(client: Client) -> None:
    bench = {"task_queue": "bench"}
    echo = await client.start_workflow(
        "wait-signal",
        id="echo",
        memo={"from": "python"},
        search_attributes=TypedSearchAttributes([SearchAttributePair(STAGE, "new")]),
        static_summary="an echo",
        run_timeout=timedelta(minutes=5),
        **bench,
    )
    described = await echo.describe()
    print("described:", described.status.name, described.typed_search_attributes[STAGE], await described.memo())
    await refused("started twice", client.start_workflow("wait-signal", id="echo", **bench))
    same = await client.start_workflow(
        "wait-signal", id="echo", id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING, **bench
    )
    print("the existing one:", same.result_run_id == echo.result_run_id)
    await echo.signal("go", {"text": "grüße"})
    print("result:", await echo.result())
    print("executed:", await client.execute_workflow(
        "wait-signal", id="both", start_signal="go", start_signal_args=[7], **bench
    ))
    await refused("signal after the end", echo.signal("go"))
    await refused("no such workflow", client.get_workflow_handle("nobody").describe())
    await refused("nothing deployed", client.start_workflow("x", id="x", task_queue="nowhere"))

    canceled = await client.start_workflow("until-canceled", id="canceled", **bench)
    await canceled.cancel()
    for name, handle in [("canceled", canceled)]:
        try:
            await handle.result()
        except WorkflowFailureError as error:
            print(f"{name}:", causes(error))
    terminated = await client.start_workflow("wait-signal", id="terminated", **bench)
    await terminated.terminate("no longer needed")
    try:
        await terminated.result()
    except WorkflowFailureError as error:
        print("terminated:", causes(error))

    reset = await client.workflow_service.reset_workflow_execution(
        ResetWorkflowExecutionRequest(
            namespace="default",
            workflow_execution=WorkflowExecution(workflow_id="terminated"),
            workflow_task_finish_event_id=4,
            request_id="reset",
            reason="once more",
        )
    )
    again = client.get_workflow_handle("terminated", run_id=reset.run_id)
    await again.signal("go", "after all")
    print("reset:", await again.result())

    history = await echo.fetch_history()
    print("history:", [event.event_id for event in history.events] == list(range(1, len(history.events) + 1)))
    listed = [it async for it in client.list_workflows("TaskQueue = 'bench'", page_size=2)]
    print("listed:", sorted({f"{it.id} {it.status.name}" for it in listed}))
    counted = await client.count_workflows("TaskQueue = 'bench' GROUP BY ExecutionStatus")
    print("counted:", counted.count, len(counted.groups))


async def messages(client: Client) -> None:
    desk = await client.start_workflow("desk", id="desk", task_queue="desk")
    print("updated:", await desk.execute_update("pay", args=["7", 100]))
    handle = await desk.start_update(
        "pay", args=["8", 50], wait_for_stage=WorkflowUpdateStage.ACCEPTED, id="second"
    )
    print("accepted:", await handle.result(), await desk.get_update_handle("second").result())
    try:
        await desk.execute_update("pay", args=["9", 0])
    except WorkflowUpdateFailedError as error:
        print("rejected:", causes(error))
    await refused("no such update", desk.execute_update("no-such-update"))
    print("query:", await desk.query("total"))
    try:
        await desk.query("no-such-query")
    except WorkflowQueryFailedError as error:
        print("unknown query:", type(error).__name__)

    # An activity that somebody else completes.
    elsewhere = await desk.start_update(
        "pay", args=["elsewhere", 1], wait_for_stage=WorkflowUpdateStage.ACCEPTED
    )

    async def is_taken() -> bool:
        return "elsewhere" in TASKS

    await eventually(is_taken)
    task = client.get_async_activity_handle(task_token=TASKS["elsewhere"])
    await task.heartbeat("half")
    await task.complete("charge-elsewhere")
    print("completed elsewhere:", await elsewhere.result())
    await refused("completed twice", task.complete("again"))
    await desk.signal("close")
    print("total:", await desk.result())

    start = WithStartWorkflowOperation(
        "desk", id="desk-2", task_queue="desk", id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING
    )
    paid = await client.execute_update_with_start_workflow("pay", args=["10", 5], start_workflow_operation=start)
    print("update with start:", paid)
    second = await start.workflow_handle()
    await second.signal("close")
    print("total:", await second.result())


async def schedules(client: Client) -> None:
    action = ScheduleActionStartWorkflow("wait-signal", id="scheduled", task_queue="bench")
    spec = ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=1))])
    handle = await client.create_schedule("hourly", Schedule(action=action, spec=spec))
    await handle.pause(note="holiday")
    await handle.unpause(note="back")
    await handle.trigger()

    async def has_run() -> bool:
        return (await handle.describe()).info.num_actions == 1

    await eventually(has_run)
    await handle.update(lambda it: ScheduleUpdate(schedule=it.description.schedule))

    async def is_listed() -> bool:
        return [it.id async for it in await client.list_schedules()] == ["hourly"]

    await eventually(is_listed)
    await handle.delete()
    print("schedule: created, paused, triggered, updated, listed, deleted")


async def activities(client: Client) -> None:
    limits = {"task_queue": "desk", "start_to_close_timeout": timedelta(seconds=30)}
    print("activity:", await client.execute_activity("greet", "you", id="a1", **limits))
    try:
        await client.execute_activity("greet", "nobody", id="a2", **limits)
    except ActivityFailureError as error:
        print("failed activity:", causes(error))

    async def taken(name: str) -> bytes:
        async def is_taken() -> bool:
            return name in TASKS

        await eventually(is_taken)
        return TASKS[name]

    open_one = await client.start_activity("wait", "w1", id="a3", **limits)
    await taken("w1")
    described = await open_one.describe()
    print("open activity:", described.status.name, described.activity_type, described.attempt)
    try:
        await client.start_activity("wait", "w1", id="a3", **limits)
    except ActivityAlreadyStartedError as error:
        print("activity started twice:", type(error).__name__)
    by_id = client.get_async_activity_handle(workflow_id=None, run_id=None, activity_id="a3")
    await by_id.heartbeat("half")
    await by_id.complete("from outside")
    print("completed by id:", await open_one.result())

    canceled = await client.start_activity("wait", "w2", id="a4", **limits)
    task = client.get_async_activity_handle(task_token=await taken("w2"))
    await canceled.cancel(reason="enough")
    try:
        await task.heartbeat()
    except AsyncActivityCancelledError:
        print("told to cancel")
    await task.report_cancellation("stopped")
    try:
        await canceled.result()
    except ActivityFailureError as error:
        print("canceled activity:", causes(error))

    failed = await client.start_activity("wait", "w3", id="a5", **limits)
    task = client.get_async_activity_handle(task_token=await taken("w3"))
    await task.fail(ApplicationError("broken", non_retryable=True))
    try:
        await failed.result()
    except ActivityFailureError as error:
        print("failed outside:", causes(error))

    terminated = await client.start_activity("wait", "w4", id="a6", **limits)
    await taken("w4")
    await terminated.pause(reason="a break")
    await terminated.unpause()
    await terminated.terminate(reason="for good")
    try:
        await terminated.result()
    except ActivityFailureError as error:
        print("terminated activity:", causes(error))

    listed = sorted([f"{it.activity_id} {it.status.name}" async for it in client.list_activities("ActivityType = 'wait'")])
    print("activities:", listed)
    print("counted:", (await client.count_activities("ExecutionStatus = 'Completed'")).count)


async def operations(client: Client) -> None:
    """What the client has no words of its own for, but whoever looks after a namespace does."""
    calls = client.workflow_service
    of = {"namespace": "default"}

    async def is_heard() -> bool:
        query = service.v1.CountWorkersRequest(query="TaskQueue = 'desk' AND Status = 'Running'", **of)
        return (await calls.count_workers(query)).count == 1

    await eventually(is_heard)
    [worker] = (await calls.list_workers(service.v1.ListWorkersRequest(**of))).workers
    key = worker.worker_instance_key
    described = await calls.describe_worker(service.v1.DescribeWorkerRequest(worker_instance_key=key, **of))
    print("worker:", worker.sdk_name, described.worker_info.worker_heartbeat.task_queue)

    queue = taskqueue.v1.TaskQueue(name="desk")
    limit = service.v1.UpdateTaskQueueConfigRequest.RateLimitUpdate(
        rate_limit=taskqueue.v1.RateLimit(requests_per_second=500), reason="a test"
    )
    await calls.update_task_queue_config(
        service.v1.UpdateTaskQueueConfigRequest(
            task_queue="desk", task_queue_type=2, update_queue_rate_limit=limit, **of
        )
    )
    seen = await calls.describe_task_queue(
        service.v1.DescribeTaskQueueRequest(
            task_queue=queue, task_queue_type=2, report_config=True, report_stats=True, **of
        )
    )
    print("queue:", len(seen.pollers), "poller", seen.effective_rate_limit.requests_per_second, "a second")
    partitions = await calls.list_task_queue_partitions(
        service.v1.ListTaskQueuePartitionsRequest(task_queue=queue, **of)
    )
    print("partitions:", len(partitions.activity_task_queue_partitions))

    deployments = await calls.list_worker_deployments(service.v1.ListWorkerDeploymentsRequest(**of))
    print("deployments:", [it.name for it in deployments.worker_deployments])
    desk = await calls.describe_worker_deployment(
        service.v1.DescribeWorkerDeploymentRequest(deployment_name="desk", **of)
    )
    current = desk.worker_deployment_info.routing_config.current_deployment_version
    await calls.describe_worker_deployment_version(
        service.v1.DescribeWorkerDeploymentVersionRequest(deployment_version=current, **of)
    )
    print("versions:", len(desk.worker_deployment_info.version_summaries))

    await client.start_workflow("wait-signal", id="batched", task_queue="bench")
    operation = batch.v1.BatchOperationSignal(signal="go", identity="python")
    request = service.v1.StartBatchOperationRequest(
        job_id="batch", visibility_query="WorkflowId = 'batched'", reason="a test", signal_operation=operation, **of
    )
    await calls.start_batch_operation(request)
    await client.get_workflow_handle("batched").result()

    async def is_done() -> bool:
        job = await calls.describe_batch_operation(service.v1.DescribeBatchOperationRequest(job_id="batch", **of))
        return job.state == 2 and job.complete_operation_count == 1

    await eventually(is_done)
    listed = await calls.list_batch_operations(service.v1.ListBatchOperationsRequest(**of))
    print("batches:", [it.job_id for it in listed.operation_info])
    await refused("batch started twice", calls.start_batch_operation(request))
    stop = service.v1.StopBatchOperationRequest(job_id="batch", reason="late", **of)
    await refused("batch stopped after its end", calls.stop_batch_operation(stop))
    print("clusters:", (await calls.get_cluster_info(service.v1.GetClusterInfoRequest())).cluster_name)
    namespaces = await calls.list_namespaces(service.v1.ListNamespacesRequest())
    print("namespaces:", [it.namespace_info.name for it in namespaces.namespaces])
    backwards = await calls.get_workflow_execution_history_reverse(
        service.v1.GetWorkflowExecutionHistoryReverseRequest(
            execution=WorkflowExecution(workflow_id="echo"), **of
        )
    )
    print("last event first:", backwards.history.events[-1].event_id == 1)
    await calls.delete_workflow_execution(
        service.v1.DeleteWorkflowExecutionRequest(
            workflow_execution=WorkflowExecution(workflow_id="batched"), **of
        )
    )
    await refused("deleted", client.get_workflow_handle("batched").describe())
    unknown = service.v1.CreateWorkflowRuleRequest(**of)
    await refused("no such method", calls.create_workflow_rule(unknown))


async def main(address: str) -> None:
    runtime = Runtime(telemetry=TelemetryConfig(), worker_heartbeat_interval=timedelta(seconds=1))
    client = await Client.connect(address, runtime=runtime)
    print("healthy:", await client.service_client.check_health())
    async with Worker(client, task_queue="desk", activities=[charge, greet, wait]):
        await workflows(client)
        await messages(client)
        await schedules(client)
        await activities(client)
        await operations(client)


parser = argparse.ArgumentParser()
parser.add_argument("--address", required=True)
run(main(parser.parse_args().address))
