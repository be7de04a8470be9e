"""Children and other workflows, under the names of `temporalio.workflow`."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar, overload

from . import _definitions as definitions
from . import _host as host
from . import _run
from ._activities import UNSET, arguments
from ._loop import LOOP, Operation, operation
from .common import (
    Priority,
    RetryPolicy,
    SearchAttributes,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
)
from .worker import SignalChildWorkflowInput, SignalExternalWorkflowInput, StartChildWorkflowInput

if TYPE_CHECKING:
    from typing import Unpack

A = TypeVar("A")
R = TypeVar("R")
S = TypeVar("S")


class ParentClosePolicy(enum.IntEnum):
    UNSPECIFIED = 0
    TERMINATE = 1
    ABANDON = 2
    REQUEST_CANCEL = 3


class ChildWorkflowCancellationType(enum.IntEnum):
    ABANDON = 0
    TRY_CANCEL = 1
    WAIT_CANCELLATION_COMPLETED = 2
    WAIT_CANCELLATION_REQUESTED = 3


class VersioningIntent(enum.IntEnum):
    UNSPECIFIED = 0
    #: Start on the component that this run is pinned to.
    COMPATIBLE = 1
    #: Start on the current one.
    DEFAULT = 2


class ChildWorkflowHandle(Operation[R], Generic[S, R]):
    """A child that has started: awaited for its result, canceled with `cancel()`."""

    id: str
    first_execution_run_id: str | None

    async def signal(self, signal: Any, arg: Any = UNSET, *, args: Sequence[Any] = ()) -> None:
        """Errors: `ApplicationError` if it is closed."""
        name = definitions.name_of_handler("signal", signal)
        it = SignalChildWorkflowInput(name, arguments(arg, args), self.id, {})
        await _run.run().outbound.signal_child_workflow(it)


class ChildWorkflowConfig(TypedDict, total=False):
    """The options of a child."""

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
    search_attributes: TypedSearchAttributes | SearchAttributes | None
    versioning_intent: VersioningIntent | None
    static_summary: str | None
    static_details: str | None
    priority: Priority | None


@overload
async def start_child_workflow(
    workflow: Callable[[S], Awaitable[R]], **options: Unpack[ChildWorkflowConfig]
) -> ChildWorkflowHandle[S, R]: ...

@overload
async def start_child_workflow(
    workflow: Callable[[S, A], Awaitable[R]], arg: A, **options: Unpack[ChildWorkflowConfig]
) -> ChildWorkflowHandle[S, R]: ...

@overload
async def start_child_workflow(
    workflow: Callable[..., Awaitable[R]], *, args: Sequence[Any], **options: Unpack[ChildWorkflowConfig]
) -> ChildWorkflowHandle[Any, R]: ...

@overload
async def start_child_workflow(
    workflow: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: type[R], **options: Unpack[ChildWorkflowConfig]
) -> ChildWorkflowHandle[Any, R]: ...

@overload
async def start_child_workflow(
    workflow: str | type, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: Any = ..., **options: Unpack[ChildWorkflowConfig]
) -> ChildWorkflowHandle[Any, Any]: ...
async def start_child_workflow(
    workflow: Any,
    arg: Any = UNSET,
    *,
    args: Sequence[Any] = (),
    id: str | None = None,
    task_queue: str | None = None,
    result_type: Any = None,
    cancellation_type: ChildWorkflowCancellationType = ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    parent_close_policy: ParentClosePolicy = ParentClosePolicy.TERMINATE,
    execution_timeout: timedelta | None = None,
    run_timeout: timedelta | None = None,
    task_timeout: timedelta | None = None,
    id_reuse_policy: WorkflowIDReusePolicy = WorkflowIDReusePolicy.ALLOW_DUPLICATE,
    retry_policy: RetryPolicy | None = None,
    cron_schedule: str = "",
    memo: Mapping[str, Any] | None = None,
    search_attributes: TypedSearchAttributes | SearchAttributes | None = None,
    versioning_intent: VersioningIntent | None = None,
    static_summary: str | None = None,
    static_details: str | None = None,
    priority: Priority | None = None,
) -> ChildWorkflowHandle[Any, Any]:
    """Starts a child and waits until it has started.

    Errors: `WorkflowAlreadyStartedError`; `ChildWorkflowError` if it could not start for another reason, or was
    canceled before.
    """
    name, returns = definitions.name_of_workflow(workflow)
    return await _run.run().outbound.start_child_workflow(
        StartChildWorkflowInput(
            workflow=name,
            args=arguments(arg, args),
            id=id,
            task_queue=task_queue,
            cancellation_type=cancellation_type,
            parent_close_policy=parent_close_policy,
            execution_timeout=execution_timeout,
            run_timeout=run_timeout,
            task_timeout=task_timeout,
            id_reuse_policy=id_reuse_policy,
            retry_policy=retry_policy,
            cron_schedule=cron_schedule,
            memo=memo,
            search_attributes=search_attributes,
            headers={},
            versioning_intent=versioning_intent,
            static_summary=static_summary,
            static_details=static_details,
            priority=priority,
            ret_type=result_type or returns,
        )
    )


@overload
async def execute_child_workflow(
    workflow: Callable[[S], Awaitable[R]], **options: Unpack[ChildWorkflowConfig]
) -> R: ...

@overload
async def execute_child_workflow(
    workflow: Callable[[S, A], Awaitable[R]], arg: A, **options: Unpack[ChildWorkflowConfig]
) -> R: ...

@overload
async def execute_child_workflow(
    workflow: Callable[..., Awaitable[R]], *, args: Sequence[Any], **options: Unpack[ChildWorkflowConfig]
) -> R: ...

@overload
async def execute_child_workflow(
    workflow: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: type[R], **options: Unpack[ChildWorkflowConfig]
) -> R: ...

@overload
async def execute_child_workflow(
    workflow: str | type, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: Any = ..., **options: Unpack[ChildWorkflowConfig]
) -> Any: ...
async def execute_child_workflow(workflow: Any, arg: Any = UNSET, **options: Any) -> Any:
    """Starts a child and waits for its result. Options and errors: as `start_child_workflow`; `ChildWorkflowError`
    if it does not succeed."""
    return await (await start_child_workflow(workflow, arg, **options))


class ExternalWorkflowHandle(Generic[S]):
    """Another workflow: its open run, or the one run."""

    def __init__(self, id: str, run_id: str | None) -> None:
        self.id = id
        self.run_id = run_id

    async def signal(self, signal: Any, arg: Any = UNSET, *, args: Sequence[Any] = ()) -> None:
        """Errors: `ApplicationError` if there is no such run."""
        name = definitions.name_of_handler("signal", signal)
        namespace = host.context.info().namespace
        it = SignalExternalWorkflowInput(name, arguments(arg, args), namespace, self.id, self.run_id, {})
        await _run.run().outbound.signal_external_workflow(it)

    async def cancel(self, reason: str = "") -> None:
        """Asks it to stop. Errors: `ApplicationError` if there is no such run."""
        LOOP.check_may("cancel a workflow")
        op, reader = host.external.cancel(host.types.Execution(self.id, self.run_id), reason)
        await operation(op, reader, lambda _: None)


def get_external_workflow_handle(workflow_id: str, *, run_id: str | None = None) -> ExternalWorkflowHandle[Any]:
    return ExternalWorkflowHandle(workflow_id, run_id)


def get_external_workflow_handle_for(
    workflow: Callable[..., Awaitable[Any]] | type[S], workflow_id: str, *, run_id: str | None = None
) -> ExternalWorkflowHandle[S]:
    return ExternalWorkflowHandle(workflow_id, run_id)
