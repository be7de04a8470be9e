"""Activities, children, other workflows."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from . import _definitions as definitions
from . import _host as host
from ._loop import Operation, operation
from .activity import name_of
from .common import (
    Priority,
    RetryPolicy,
    SearchAttributes,
    TypedSearchAttributes,
    WorkflowIDReusePolicy,
    search_attributes_to_host,
)
from .converter import first, milliseconds, to_fields, to_payloads
from .exceptions import ApplicationError, FailureError, WorkflowAlreadyStartedError

UNSET: Any = object()


def arguments(arg: Any, args: Sequence[Any]) -> list[Any]:
    """Of a call that takes one of both."""
    if arg is UNSET:
        return list(args)
    if args:
        raise ValueError("both an argument and `args`, expected one of them")
    return [arg]


class ActivityCancellationType(enum.IntEnum):
    #: Ask the activity to stop, and go on at once.
    TRY_CANCEL = 0
    #: Ask the activity to stop, and wait for whatever it ends with.
    WAIT_CANCELLATION_COMPLETED = 1
    #: Ask nothing and go on at once.
    ABANDON = 2


class ActivityHandle(Operation):
    """An activity that is under way: awaited for its result, canceled with `cancel()`."""


def _named(activity: Any, result_type: Any) -> tuple[str, Any]:
    if result_type is None and not isinstance(activity, str):
        result_type = definitions.result_type(activity)
    return name_of(activity), result_type


def start_activity(
    activity: Any,
    arg: Any = UNSET,
    *,
    args: Sequence[Any] = (),
    task_queue: str | None = None,
    result_type: Any = None,
    schedule_to_close_timeout: timedelta | None = None,
    schedule_to_start_timeout: timedelta | None = None,
    start_to_close_timeout: timedelta | None = None,
    heartbeat_timeout: timedelta | None = None,
    retry_policy: RetryPolicy | None = None,
    cancellation_type: ActivityCancellationType = ActivityCancellationType.TRY_CANCEL,
    activity_id: str | None = None,
    versioning_intent: Any = None,
    summary: str | None = None,
    priority: Priority | None = None,
) -> ActivityHandle:
    """Starts an activity at once. Errors: `ActivityError` when it is awaited; its cause says why."""
    if schedule_to_close_timeout is None and start_to_close_timeout is None:
        raise ValueError("an activity without a timeout: give `start_to_close_timeout` or `schedule_to_close_timeout`")
    name, result_type = _named(activity, result_type)
    options = host.activities.Options(
        activity_id,
        task_queue,
        milliseconds(schedule_to_close_timeout),
        milliseconds(schedule_to_start_timeout),
        milliseconds(start_to_close_timeout),
        milliseconds(heartbeat_timeout),
        retry_policy and retry_policy._to_host(),
        host.activities.CancellationType(cancellation_type),
        [],
        priority and priority._to_host(),
        summary,
    )
    op, reader = host.activities.execute(name, to_payloads(arguments(arg, args)), options)
    return operation(op, reader, first(result_type), ActivityHandle)


def start_local_activity(
    activity: Any,
    arg: Any = UNSET,
    *,
    args: Sequence[Any] = (),
    result_type: Any = None,
    schedule_to_close_timeout: timedelta | None = None,
    schedule_to_start_timeout: timedelta | None = None,
    start_to_close_timeout: timedelta | None = None,
    retry_policy: RetryPolicy | None = None,
    local_retry_threshold: timedelta | None = None,
    cancellation_type: ActivityCancellationType = ActivityCancellationType.TRY_CANCEL,
    activity_id: str | None = None,
    summary: str | None = None,
) -> ActivityHandle:
    """As `start_activity`, for short activities that the host runs beside the workflow.

    There is nobody to wait for and no threshold: `schedule_to_start_timeout` and `local_retry_threshold` are not looked at.
    """
    if schedule_to_close_timeout is None and start_to_close_timeout is None:
        raise ValueError("an activity without a timeout: give `start_to_close_timeout` or `schedule_to_close_timeout`")
    name, result_type = _named(activity, result_type)
    options = host.activities.LocalOptions(
        activity_id,
        milliseconds(schedule_to_close_timeout),
        milliseconds(start_to_close_timeout),
        retry_policy and retry_policy._to_host(),
        host.activities.CancellationType(cancellation_type),
        [],
        summary,
    )
    op, reader = host.activities.execute_local(name, to_payloads(arguments(arg, args)), options)
    return operation(op, reader, first(result_type), ActivityHandle)


async def execute_activity(activity: Any, arg: Any = UNSET, **options: Any) -> Any:
    """Starts an activity and waits for its result. Options and errors: as `start_activity`."""
    return await start_activity(activity, arg, **options)


async def execute_local_activity(activity: Any, arg: Any = UNSET, **options: Any) -> Any:
    """Starts a local activity and waits for its result. Options and errors: as `start_local_activity`."""
    return await start_local_activity(activity, arg, **options)


# Of methods and of classes that are called: the same, as only the name counts.
start_activity_method = start_activity_class = start_activity
execute_activity_method = execute_activity_class = execute_activity
start_local_activity_method = start_local_activity_class = start_local_activity
execute_local_activity_method = execute_local_activity_class = execute_local_activity


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


class ChildWorkflowHandle(Operation):
    """A child that has started: awaited for its result, canceled with `cancel()`."""

    id: str
    first_execution_run_id: str | None

    async def signal(self, signal: Any, arg: Any = UNSET, *, args: Sequence[Any] = ()) -> None:
        """Errors: `ApplicationError` if it is closed."""
        await _signal(host.types.Execution(self.id, None), signal, arguments(arg, args))


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
) -> ChildWorkflowHandle:
    """Starts a child and waits until it has started.

    Errors: `WorkflowAlreadyStartedError`; `ApplicationError` if it could not start for another reason;
    `ChildWorkflowError` if it was canceled before.
    """
    name, returns = definitions.name_of_workflow(workflow)
    c = host.children
    options = c.Options(
        id,
        task_queue,
        milliseconds(execution_timeout),
        milliseconds(run_timeout),
        milliseconds(task_timeout),
        c.ParentClosePolicy(max(0, parent_close_policy - 1)),
        c.IdReusePolicy(id_reuse_policy - 1),
        retry_policy and retry_policy._to_host(),
        cron_schedule or None,
        to_fields(memo),
        search_attributes_to_host(search_attributes),
        c.CancellationType(cancellation_type),
        [],
        priority and priority._to_host(),
        version_choice(versioning_intent),
        static_summary,
        static_details,
    )
    child = c.start(name, to_payloads(arguments(arg, args)), options)
    handle = operation(child.op, child.result, first(result_type or returns), ChildWorkflowHandle)
    started = operation(child.op, child.started, lambda it: it)
    try:
        it = await started
    except FailureError as error:
        # Nobody else will ask.
        handle.add_done_callback(lambda it: it.exception())
        if isinstance(error, ApplicationError) and error.type == ALREADY_STARTED:
            raise WorkflowAlreadyStartedError(id or "", name) from error
        raise
    handle.id, handle.first_execution_run_id = it.workflow_id, it.run_id
    return handle


#: What the host calls the failure of a child whose id is in use.
ALREADY_STARTED = "WorkflowExecutionAlreadyStarted"


async def execute_child_workflow(workflow: Any, arg: Any = UNSET, **options: Any) -> Any:
    """Starts a child and waits for its result. Options and errors: as `start_child_workflow`; `ChildWorkflowError`
    if it does not succeed."""
    return await (await start_child_workflow(workflow, arg, **options))


def version_choice(intent: VersioningIntent | None) -> Any:
    t = host.types
    return t.VersionChoice.SAME if intent is VersioningIntent.COMPATIBLE else t.VersionChoice.CURRENT


class ExternalWorkflowHandle:
    """Another workflow: its open run, or the one run."""

    def __init__(self, id: str, run_id: str | None) -> None:
        self.id = id
        self.run_id = run_id

    def _target(self) -> Any:
        return host.types.Execution(self.id, self.run_id)

    async def signal(self, signal: Any, arg: Any = UNSET, *, args: Sequence[Any] = ()) -> None:
        """Errors: `ApplicationError` if there is no such run."""
        await _signal(self._target(), signal, arguments(arg, args))

    async def cancel(self, reason: str = "") -> None:
        """Asks it to stop. Errors: `ApplicationError` if there is no such run."""
        op, reader = host.external.cancel(self._target(), reason)
        await operation(op, reader, lambda _: None)


async def _signal(target: Any, signal: Any, args: list[Any]) -> None:
    name = definitions.name_of_handler("signal", signal)
    op, reader = host.external.signal(target, name, to_payloads(args), [])
    await operation(op, reader, lambda _: None)


def get_external_workflow_handle(workflow_id: str, *, run_id: str | None = None) -> ExternalWorkflowHandle:
    return ExternalWorkflowHandle(workflow_id, run_id)


def get_external_workflow_handle_for(
    workflow: Any, workflow_id: str, *, run_id: str | None = None
) -> ExternalWorkflowHandle:
    return ExternalWorkflowHandle(workflow_id, run_id)
