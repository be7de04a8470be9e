"""The innermost of what a run asks for goes through: it asks the host."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NoReturn

from . import _host as host
from ._loop import LOOP, ActivityHandle, operation
from .common import search_attributes_to_host
from .converter import first, milliseconds, to_fields, to_payloads
from .exceptions import ApplicationError, FailureError, WorkflowAlreadyStartedError
from .worker import (
    ContinueAsNewInput,
    SignalChildWorkflowInput,
    SignalExternalWorkflowInput,
    StartActivityInput,
    StartChildWorkflowInput,
    StartLocalActivityInput,
    WorkflowOutboundInterceptor,
)

#: What the host calls the failure of a child whose id is in use.
ALREADY_STARTED = "WorkflowExecutionAlreadyStarted"


class ContinueAsNewError(BaseException):
    """Raised to end this run and start the next one. Not to be caught."""

    def __init__(self, command: Any) -> None:
        super().__init__("workflow continues as new")
        self.command = command


class Outbound(WorkflowOutboundInterceptor):
    def __init__(self) -> None:
        pass

    def info(self) -> Any:
        from ._context import info_of_host

        return info_of_host()

    def continue_as_new(self, input: ContinueAsNewInput) -> NoReturn:
        LOOP.check_may("continue as new")
        it = input
        raise ContinueAsNewError(
            host.lifecycle.ContinueAsNew(
                it.workflow,
                to_payloads(it.args),
                it.task_queue,
                milliseconds(it.run_timeout),
                milliseconds(it.task_timeout),
                None if it.memo is None else to_fields(it.memo),
                None if it.search_attributes is None else search_attributes_to_host(it.search_attributes),
                # None: those of this run.
                _headers(it.headers) or None,
                it.retry_policy and it.retry_policy._to_host(),
                _version(it.versioning_intent),
            )
        )

    def start_activity(self, input: StartActivityInput) -> Any:
        LOOP.check_may("start an activity")
        it = input
        _check_timeouts(it.schedule_to_close_timeout, it.start_to_close_timeout)
        options = host.activities.Options(
            it.activity_id,
            it.task_queue,
            milliseconds(it.schedule_to_close_timeout),
            milliseconds(it.schedule_to_start_timeout),
            milliseconds(it.start_to_close_timeout),
            milliseconds(it.heartbeat_timeout),
            it.retry_policy and it.retry_policy._to_host(),
            _cancellation_type(it.cancellation_type),
            _headers(it.headers),
            it.priority and it.priority._to_host(),
            it.summary,
        )
        op, reader = host.activities.execute(it.activity, to_payloads(it.args), options)
        return operation(op, reader, first(it.ret_type), ActivityHandle)

    def start_local_activity(self, input: StartLocalActivityInput) -> Any:
        LOOP.check_may("start a local activity")
        it = input
        _check_timeouts(it.schedule_to_close_timeout, it.start_to_close_timeout)
        options = host.activities.LocalOptions(
            it.activity_id,
            milliseconds(it.schedule_to_close_timeout),
            milliseconds(it.start_to_close_timeout),
            it.retry_policy and it.retry_policy._to_host(),
            _cancellation_type(it.cancellation_type),
            _headers(it.headers),
            it.summary,
        )
        op, reader = host.activities.execute_local(it.activity, to_payloads(it.args), options)
        return operation(op, reader, first(it.ret_type), ActivityHandle)

    async def start_child_workflow(self, input: StartChildWorkflowInput) -> Any:
        from ._children import ChildWorkflowHandle

        LOOP.check_may("start a child workflow")
        it, c = input, host.children
        options = c.Options(
            it.id,
            it.task_queue,
            milliseconds(it.execution_timeout),
            milliseconds(it.run_timeout),
            milliseconds(it.task_timeout),
            c.ParentClosePolicy(max(0, it.parent_close_policy - 1)),
            c.IdReusePolicy(it.id_reuse_policy - 1),
            it.retry_policy and it.retry_policy._to_host(),
            it.cron_schedule or None,
            to_fields(it.memo),
            search_attributes_to_host(it.search_attributes),
            c.CancellationType(it.cancellation_type),
            _headers(it.headers),
            it.priority and it.priority._to_host(),
            _version(it.versioning_intent),
            it.static_summary,
            it.static_details,
        )
        child = c.start(it.workflow, to_payloads(it.args), options)
        handle = operation(child.op, child.result, first(it.ret_type), ChildWorkflowHandle)
        started = operation(child.op, child.started, lambda it: it)
        try:
            execution = await started
        except FailureError as error:
            # Nobody else will ask.
            handle.add_done_callback(lambda it: it.exception())
            why = error.cause
            if isinstance(why, ApplicationError) and why.type == ALREADY_STARTED:
                raise WorkflowAlreadyStartedError(it.id or "", it.workflow) from error
            raise
        handle.id, handle.first_execution_run_id = execution.workflow_id, execution.run_id
        return handle

    async def signal_child_workflow(self, input: SignalChildWorkflowInput) -> None:
        await _signal(host.types.Execution(input.child_workflow_id, None), input)

    async def signal_external_workflow(self, input: SignalExternalWorkflowInput) -> None:
        await _signal(host.types.Execution(input.workflow_id, input.workflow_run_id), input)


async def _signal(target: Any, input: SignalChildWorkflowInput | SignalExternalWorkflowInput) -> None:
    LOOP.check_may("signal a workflow")
    op, reader = host.external.signal(target, input.signal, to_payloads(input.args), _headers(input.headers))
    await operation(op, reader, lambda _: None)


def _headers(headers: Mapping[str, Any]) -> Sequence[tuple[str, Any]]:
    return list(headers.items())


@functools.cache
def _cancellation_type(it: int) -> Any:
    return host.activities.CancellationType(it)


def _check_timeouts(schedule_to_close: timedelta | None, start_to_close: timedelta | None) -> None:
    if schedule_to_close is None and start_to_close is None:
        raise ValueError("an activity without a timeout: give `start_to_close_timeout` or `schedule_to_close_timeout`")


def _version(intent: Any) -> Any:
    from ._children import VersioningIntent

    t = host.types
    return t.VersionChoice.SAME if intent is VersioningIntent.COMPATIBLE else t.VersionChoice.CURRENT
