"""Interceptors, under the names of `temporalio.worker`: whatever reaches a workflow and whatever it asks for goes through them.

A file of workflows lists its own, and they hold for all workflows of the component, the first one outermost:

    interceptors = [Tracing()]
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from .common import Priority, RetryPolicy, SearchAttributes, TypedSearchAttributes, WorkflowIDReusePolicy
    from .workflow import (
        ActivityCancellationType,
        ActivityHandle,
        ChildWorkflowCancellationType,
        ChildWorkflowHandle,
        Info,
        ParentClosePolicy,
        VersioningIntent,
    )

#: By name; `workflow.payload_converter()` reads and makes the values.
Headers = Mapping[str, Any]


@dataclass(frozen=True)
class WorkflowInterceptorClassInput:
    """There is no sandbox to reach out of."""


class Interceptor:
    """What a worker would have. Of a component, only its workflows are intercepted."""

    def workflow_interceptor_class(
        self, input: WorkflowInterceptorClassInput
    ) -> type[WorkflowInboundInterceptor] | None:
        """The class that is made for each run; none if workflows do not concern it."""
        return None


@dataclass
class ExecuteWorkflowInput:
    type: type
    run_fn: Callable[..., Awaitable[Any]]
    args: Sequence[Any]
    headers: Headers


@dataclass
class HandleSignalInput:
    signal: str
    args: Sequence[Any]
    headers: Headers


@dataclass
class HandleQueryInput:
    #: Always empty: the host gives queries no id, and no headers.
    id: str
    query: str
    args: Sequence[Any]
    headers: Headers


@dataclass
class HandleUpdateInput:
    id: str
    update: str
    args: Sequence[Any]
    headers: Headers


@dataclass
class ContinueAsNewInput:
    #: None: the same one.
    workflow: str | None
    args: Sequence[Any]
    task_queue: str | None
    run_timeout: timedelta | None
    task_timeout: timedelta | None
    retry_policy: RetryPolicy | None
    memo: Mapping[str, Any] | None
    search_attributes: SearchAttributes | TypedSearchAttributes | None
    headers: Headers
    versioning_intent: VersioningIntent | None


@dataclass
class SignalChildWorkflowInput:
    signal: str
    args: Sequence[Any]
    child_workflow_id: str
    headers: Headers


@dataclass
class SignalExternalWorkflowInput:
    signal: str
    args: Sequence[Any]
    namespace: str
    workflow_id: str
    workflow_run_id: str | None
    headers: Headers


@dataclass
class StartActivityInput:
    activity: str
    args: Sequence[Any]
    activity_id: str | None
    task_queue: str | None
    schedule_to_close_timeout: timedelta | None
    schedule_to_start_timeout: timedelta | None
    start_to_close_timeout: timedelta | None
    heartbeat_timeout: timedelta | None
    retry_policy: RetryPolicy | None
    cancellation_type: ActivityCancellationType
    headers: Headers
    versioning_intent: VersioningIntent | None
    summary: str | None
    priority: Priority | None
    ret_type: Any


@dataclass
class StartLocalActivityInput:
    activity: str
    args: Sequence[Any]
    activity_id: str | None
    schedule_to_close_timeout: timedelta | None
    start_to_close_timeout: timedelta | None
    retry_policy: RetryPolicy | None
    cancellation_type: ActivityCancellationType
    headers: Headers
    summary: str | None
    ret_type: Any


@dataclass
class StartChildWorkflowInput:
    workflow: str
    args: Sequence[Any]
    #: None: the host makes one up.
    id: str | None
    task_queue: str | None
    cancellation_type: ChildWorkflowCancellationType
    parent_close_policy: ParentClosePolicy
    execution_timeout: timedelta | None
    run_timeout: timedelta | None
    task_timeout: timedelta | None
    id_reuse_policy: WorkflowIDReusePolicy
    retry_policy: RetryPolicy | None
    cron_schedule: str
    memo: Mapping[str, Any] | None
    search_attributes: SearchAttributes | TypedSearchAttributes | None
    headers: Headers
    versioning_intent: VersioningIntent | None
    static_summary: str | None
    static_details: str | None
    priority: Priority | None
    ret_type: Any


class WorkflowInboundInterceptor:
    """What reaches a run. Each method hands on to the next one; what it does besides is its own."""

    def __init__(self, next: WorkflowInboundInterceptor) -> None:
        self.next = next

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        """Called once before all else. Who intercepts what goes out hands on one of its own."""
        self.next.init(outbound)

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        return await self.next.execute_workflow(input)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        await self.next.handle_signal(input)

    async def handle_query(self, input: HandleQueryInput) -> Any:
        """Must not wait."""
        return await self.next.handle_query(input)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        self.next.handle_update_validator(input)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        return await self.next.handle_update_handler(input)


class WorkflowOutboundInterceptor:
    """What a run asks for."""

    def __init__(self, next: WorkflowOutboundInterceptor) -> None:
        self.next = next

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:
        self.next.continue_as_new(input)

    def info(self) -> Info:
        return self.next.info()

    async def signal_child_workflow(self, input: SignalChildWorkflowInput) -> None:
        await self.next.signal_child_workflow(input)

    async def signal_external_workflow(self, input: SignalExternalWorkflowInput) -> None:
        await self.next.signal_external_workflow(input)

    def start_activity(self, input: StartActivityInput) -> ActivityHandle[Any]:
        return self.next.start_activity(input)

    async def start_child_workflow(self, input: StartChildWorkflowInput) -> ChildWorkflowHandle[Any, Any]:
        return await self.next.start_child_workflow(input)

    def start_local_activity(self, input: StartLocalActivityInput) -> ActivityHandle[Any]:
        return self.next.start_local_activity(input)


def inbound_classes(listed: Any) -> list[type[WorkflowInboundInterceptor]]:
    """Of what a file lists: interceptors, or the classes that they would give.

    Errors: `TypeError` if something else is listed, or this is no list.
    """
    if not isinstance(listed, (list, tuple)):
        raise TypeError(f"`interceptors` is {listed!r}, expected a list of `Interceptor`s")
    classes = []
    for it in listed:
        if isinstance(it, Interceptor):
            it = it.workflow_interceptor_class(WorkflowInterceptorClassInput())
        if it is None:
            continue
        if not (isinstance(it, type) and issubclass(it, WorkflowInboundInterceptor)):
            raise TypeError(f"{it!r} is listed in `interceptors`, expected an `Interceptor`")
        classes.append(it)
    return classes


def __getattr__(name: str) -> Any:
    """Whatever else Temporal's module has is named by files that are more than workflows."""
    if name.startswith("__"):
        raise AttributeError(name)
    return elsewhere(f"temporalio.worker.{name}")


def elsewhere(name: str) -> type:
    """A class to be named, to be derived from, and not to be used in a workflow."""

    # What is caught has to be an error.
    class Elsewhere(Exception if name.endswith("Error") else object):  # type: ignore[misc]
        def __init__(self, *args: object, **options: object) -> None:
            raise RuntimeError(f"this is a workflow: {name} is for other programs")

    return Elsewhere
