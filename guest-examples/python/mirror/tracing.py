"""What a client sends along reaches activities and children: interceptors, as those for OpenTelemetry are written."""

import asyncio
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import replace
from datetime import timedelta
from typing import Any, NoReturn

from temporalio import activity, workflow
from temporalio.converter import PayloadConverter
from temporalio.worker import (
    ActivityInboundInterceptor,
    ContinueAsNewInput,
    ExecuteActivityInput,
    ExecuteWorkflowInput,
    HandleSignalInput,
    HandleUpdateInput,
    Interceptor,
    SignalExternalWorkflowInput,
    StartActivityInput,
    StartChildWorkflowInput,
    WorkflowInboundInterceptor,
    WorkflowInterceptorClassInput,
    WorkflowOutboundInterceptor,
)

HEADER = "_tracer-data"
trace: ContextVar[str | None] = ContextVar("trace", default=None)


def received(headers: Mapping[str, Any]) -> None:
    if HEADER in headers:
        trace.set(PayloadConverter.default.from_payload(headers[HEADER], dict)["traceparent"])


def sent(headers: Mapping[str, Any]) -> Mapping[str, Any]:
    if (traceparent := trace.get()) is None:
        return headers
    return {**headers, HEADER: PayloadConverter.default.to_payload({"traceparent": traceparent})}


class Tracing(Interceptor):
    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        return TracedActivity(next)

    def workflow_interceptor_class(self, input: WorkflowInterceptorClassInput) -> type[WorkflowInboundInterceptor]:
        return Inbound


class TracedActivity(ActivityInboundInterceptor):
    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        received(input.headers)
        return await super().execute_activity(input)


class Inbound(WorkflowInboundInterceptor):
    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        super().init(Outbound(outbound))

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        received(input.headers)
        return await super().execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        received(input.headers)
        await super().handle_signal(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        received(input.headers)
        answer = await super().handle_update_handler(input)
        return f"traced: {answer}" if trace.get() else answer


class Outbound(WorkflowOutboundInterceptor):
    def start_activity(self, input: StartActivityInput) -> workflow.ActivityHandle[Any]:
        return super().start_activity(replace(input, headers=sent(input.headers)))

    async def start_child_workflow(self, input: StartChildWorkflowInput) -> workflow.ChildWorkflowHandle[Any, Any]:
        return await super().start_child_workflow(replace(input, headers=sent(input.headers)))

    async def signal_external_workflow(self, input: SignalExternalWorkflowInput) -> None:
        await super().signal_external_workflow(replace(input, headers=sent(input.headers)))

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:
        super().continue_as_new(replace(input, headers=sent(input.headers)))


@activity.defn
async def serves(what: str) -> str:
    return f"{what} in {trace.get()}"


async def serve(what: str) -> str:
    return await workflow.execute_activity(serves, what, start_to_close_timeout=timedelta(seconds=10))


@workflow.defn(name="visits")
class Visits:
    """Tells what each activity saw: of the start, of a child, of a signal, of an update, of the next run."""

    @workflow.init
    def __init__(self, seen: list[str]) -> None:
        self.seen = seen

    @workflow.signal
    async def ring(self) -> None:
        self.seen.append(await serve("ring"))

    @workflow.update
    async def ask(self, what: str) -> str:
        self.seen.append(await serve(what))
        return self.seen[-1]

    @workflow.run
    async def run(self, seen: list[str]) -> list[str]:
        self.seen.append(await serve("visit"))
        if len(self.seen) > 4:
            return self.seen
        self.seen.append(await workflow.execute_child_workflow(Guest.run, id=f"{workflow.info().workflow_id}-guest"))
        await workflow.wait_condition(lambda: len(self.seen) == 4 and workflow.all_handlers_finished())
        workflow.continue_as_new(self.seen)


@workflow.defn(name="guest")
class Guest:
    @workflow.run
    async def run(self) -> str:
        # A task has the context of who starts it.
        return await asyncio.create_task(serve("guest"))
