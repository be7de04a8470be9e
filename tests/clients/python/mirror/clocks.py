"""Runs with clocks of their own: what is skipped, how it is asked for and what is refused."""

from datetime import timedelta

from google.protobuf.field_mask_pb2 import FieldMask
from temporalio.api.common.v1 import (
    FastForwardConfig,
    Payloads,
    TimeSkippingConfig,
    WorkflowExecution,
    WorkflowType,
)
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflow.v1 import WorkflowExecutionOptions
from temporalio.api.workflowservice.v1 import (
    PollWorkflowExecutionTimeSkippingRequest,
    StartWorkflowExecutionRequest,
    UpdateWorkflowExecutionOptionsRequest,
)
from temporalio.client import WorkflowHandle

from mirror.plays import play
from mirror.stage import NAMESPACE, QUEUE, Stage, fresh

HOUR = timedelta(hours=1)


def skips(forward: str = "", by: timedelta = HOUR, **more) -> TimeSkippingConfig:
    config = TimeSkippingConfig(enabled=True, **more)
    if forward:
        config.fast_forward_config.id = forward
        config.fast_forward_config.duration.FromTimedelta(by)
    return config


def asked(
    it: Stage, kind: str, config: TimeSkippingConfig, suffix: str, *args, **times
) -> StartWorkflowExecutionRequest:
    workflow_id = f"{it.name}-{suffix}"
    request = StartWorkflowExecutionRequest(
        namespace=NAMESPACE,
        workflow_id=workflow_id,
        workflow_type=WorkflowType(name=kind),
        task_queue=TaskQueue(name=QUEUE),
        input=Payloads(payloads=it.client.data_converter.payload_converter.to_payloads(args)),
        request_id=fresh(),
        identity=it.client.identity,
        time_skipping_config=config,
    )
    for name, time in times.items():
        getattr(request, name).FromTimedelta(time)
    return request


async def start(it: Stage, kind: str, config: TimeSkippingConfig, suffix: str, *args, **times) -> WorkflowHandle:
    await it.service.start_workflow_execution(asked(it, kind, config, suffix, *args, **times))
    return it.client.get_workflow_handle(it.id(suffix))


async def set_options(it: Stage, name: str, handle: WorkflowHandle, config: TimeSkippingConfig | None, mask="") -> None:
    request = UpdateWorkflowExecutionOptionsRequest(
        namespace=NAMESPACE,
        workflow_execution=WorkflowExecution(workflow_id=handle.id),
        workflow_execution_options=WorkflowExecutionOptions(time_skipping_config=config),
        update_mask=FieldMask(paths=[mask or "time_skipping_config"]),
        identity=it.client.identity,
    )
    await it.tell(name, it.service.update_workflow_execution_options(request))


async def poll(it: Stage, name: str, workflow_id: str, forward: str) -> None:
    request = PollWorkflowExecutionTimeSkippingRequest(
        namespace=NAMESPACE,
        workflow_execution=WorkflowExecution(workflow_id=workflow_id),
        fast_forward_id=forward,
    )
    await it.tell(name, it.service.poll_workflow_execution_time_skipping(request))


@play
async def skips_time(it: Stage) -> None:
    """The wait before the first task, then the run's own time."""
    await it.result(
        await start(it, "waits", skips(), "limited", workflow_start_delay=HOUR, workflow_run_timeout=HOUR)
    )


@play
async def skips_time_with_a_child(it: Stage) -> None:
    """It skips to the end of its own time; the parent waits for it and skips nothing."""
    await it.result(await start(it, "impatientParent", skips(max_session_skip_count=7), "parent", 3600))
    it.id("parent-child")


@play
async def forwards_time(it: Stage) -> None:
    handle = await start(it, "waits", skips("a"), "waits")
    await poll(it, "first", handle.id, "a")
    await it.describe("forwarded", handle.id)
    await poll(it, "another", handle.id, "b")
    await set_options(it, "again", handle, skips("b"))
    await poll(it, "second", handle.id, "b")
    await set_options(it, "off", handle, TimeSkippingConfig())
    await it.describe("off", handle.id)
    await set_options(it, "taken away", handle, None)
    await it.describe("taken away", handle.id)
    await set_options(it, "too far", handle, skips("c", max_session_skip_count=-1))
    await poll(it, "third", handle.id, "c")
    await handle.signal("finish", "done")
    await it.result(handle)
    await set_options(it, "closed", handle, skips())


@play
async def skips_nothing_that_is_wrong(it: Stage) -> None:
    wrong = {
        "no id": TimeSkippingConfig(enabled=True, fast_forward_config=FastForwardConfig()),
        "no time": TimeSkippingConfig(enabled=True, fast_forward_config=FastForwardConfig(id="a")),
        "less than no time": skips("a", timedelta(seconds=-5)),
        "not enabled": TimeSkippingConfig(fast_forward_config=skips("a").fast_forward_config),
    }
    for name, config in wrong.items():
        request = asked(it, "waits", config, "refused")
        await it.tell(f"start with {name}", it.service.start_workflow_execution(request))
    handle = await it.start("waits", suffix="open")
    for name, config in wrong.items():
        await set_options(it, f"options with {name}", handle, config)
    await set_options(it, "a part of it", handle, skips(), "time_skipping_config.enabled")
    await poll(it, "poll with no id", handle.id, "")
    await poll(it, "poll where there is none", handle.id, "a")
    await poll(it, "poll of nobody", "nobody", "a")
    await handle.signal("finish", "done")
    await it.result(handle)
