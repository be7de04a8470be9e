"""Errors as the list of frames that a failure is in `wit/`, and back."""

from __future__ import annotations

import asyncio
import itertools
import linecache
from collections.abc import Iterator
from datetime import timedelta
from types import CodeType, TracebackType
from typing import Any

from . import _host as host
from . import exceptions as errors
from .converter import WrongType, from_payloads, milliseconds, to_payloads

SOURCE = "refrain-python"


def to_failure(error: BaseException) -> list[Any]:
    frames: list[Any] = []
    at: BaseException | None = error
    while at is not None and len(frames) < 50:
        frames.append(_to_frame(at))
        at = _cause(at)
    return frames


def _cause(error: BaseException) -> BaseException | None:
    """An error of Temporal's that is raised while another one is handled comes of that one. What came from the host
    has come with its cause."""
    is_ours = isinstance(error, errors.FailureError) and not error.source
    return error.__context__ if is_ours and not error.__suppress_context__ else error.__cause__


def _to_frame(error: BaseException) -> Any:
    failure = error if isinstance(error, errors.FailureError) else None
    kind, details = _to_kind(error)
    return host.types.FailureFrame(
        message=str(error) if failure is None else failure.message,
        kind=kind,
        source=(failure and failure.source) or SOURCE,
        stack_trace=(failure and failure.stack_trace) or traced(error),
        details=to_payloads(details),
        encoded_attributes=failure and failure.encoded_attributes,
    )


def _to_kind(error: BaseException) -> tuple[Any, Any]:
    t = host.types
    match error:
        case errors.ApplicationError():
            delay = milliseconds(error.next_retry_delay)
            benign = error.category == errors.ApplicationErrorCategory.BENIGN
            failure = t.ApplicationFailure(error.type or "", error.non_retryable, delay, benign)
            return t.FailureKind_Application(failure), error.details
        case errors.CancelledError():
            return t.FailureKind_Canceled(), error.details
        case asyncio.CancelledError():
            return t.FailureKind_Canceled(), []
        case errors.TerminatedError():
            return t.FailureKind_Terminated(), []
        case errors.ResetWorkflowError():
            return t.FailureKind_ResetWorkflow(), []
        case errors.TimeoutError():
            timeout = t.TimeoutType((error.type or errors.TimeoutType.START_TO_CLOSE) - 1)
            return t.FailureKind_Timeout(timeout), error.last_heartbeat_details
        case errors.ServerError():
            return t.FailureKind_Server(error.non_retryable), []
        case errors.ActivityError():
            state = t.RetryState(error.retry_state or 0)
            return t.FailureKind_Activity(t.ActivityFailure(error.activity_type, error.activity_id, state)), []
        case errors.ChildWorkflowError():
            state = t.RetryState(error.retry_state or 0)
            execution = t.Execution(error.workflow_id, error.run_id or None)
            return t.FailureKind_ChildWorkflow(t.ChildWorkflowFailure(error.workflow_type, execution, state)), []
    return t.FailureKind_Application(t.ApplicationFailure(_name(error), False, None, False)), []


def _name(error: BaseException) -> str:
    return "TypeError" if isinstance(error, WrongType) else type(error).__name__


def from_failure(frames: list[Any]) -> errors.FailureError:
    error: errors.FailureError | None = None
    for frame in reversed(frames):
        cause, error = error, _from_frame(frame)
        error.__cause__ = cause
        error.source = frame.source
        error.stack_trace = frame.stack_trace
        error.encoded_attributes = frame.encoded_attributes
    return error or errors.FailureError("a failure without frames")


def _from_frame(frame: Any) -> errors.FailureError:
    t, message = host.types, frame.message
    details = from_payloads(frame.details)
    match frame.kind:
        case t.FailureKind_Application(it):
            delay = it.next_retry_delay_ms
            return errors.ApplicationError(
                message,
                *details,
                type=it.type or None,
                non_retryable=it.non_retryable,
                next_retry_delay=None if delay is None else timedelta(milliseconds=delay),
                category=errors.ApplicationErrorCategory(int(it.benign)),
            )
        case t.FailureKind_Canceled():
            return errors.CancelledError(message or "Cancelled", *details)
        case t.FailureKind_Terminated():
            return errors.TerminatedError(message, *details)
        case t.FailureKind_ResetWorkflow():
            return errors.ResetWorkflowError(message)
        case t.FailureKind_Timeout(it):
            kind = errors.TimeoutType(it.value + 1)
            return errors.TimeoutError(message, type=kind, last_heartbeat_details=details)
        case t.FailureKind_Server(non_retryable):
            return errors.ServerError(message, non_retryable=non_retryable)
        case t.FailureKind_Activity(it):
            return errors.ActivityError(
                message,
                activity_type=it.activity_type,
                activity_id=it.activity_id,
                retry_state=_retry_state(it.retry_state),
            )
        case t.FailureKind_ChildWorkflow(it):
            return errors.ChildWorkflowError(
                message,
                namespace=host.context.info().namespace,
                workflow_id=it.execution.workflow_id,
                run_id=it.execution.run_id or "",
                workflow_type=it.workflow_type,
                retry_state=_retry_state(it.retry_state),
            )
    raise TypeError(f"unknown kind of failure: {frame.kind!r}")


def _retry_state(it: Any) -> errors.RetryState | None:
    return errors.RetryState(it.value) if it.value else None


#: Where the author's files lay when the component was built, and a `/` after it.
author_root: str | None = None


def traced(error: BaseException) -> str:
    """Where it was raised, innermost last; only the author's files, unless there are none."""
    frames = list(_frames(error.__traceback__))
    authors = [it for it in frames if author_root and it[0].co_filename.startswith(author_root)]
    lines: list[str] = []
    for at, n_times in _runs(authors or frames):
        code, number = at
        name = code.co_filename.removeprefix(author_root or "")
        lines.append(f'  File "{name}", line {number}, in {code.co_qualname}\n')
        if source := linecache.getline(code.co_filename, number).strip():
            lines.append(f"    {source}\n")
        if n_times > 1:
            lines.append(f"  [{n_times - 1} more of the same]\n")
    return "".join(lines)


def _runs(frames: list[tuple[CodeType, int]]) -> Iterator[tuple[tuple[CodeType, int], int]]:
    """What is the same so often in a row is told once."""
    for at, same in itertools.groupby(frames):
        yield at, len(list(same))


def _frames(traceback: TracebackType | None) -> Iterator[tuple[CodeType, int]]:
    while traceback is not None:
        yield traceback.tb_frame.f_code, traceback.tb_lineno
        traceback = traceback.tb_next


def described(error: BaseException) -> str:
    """As Python prints what nobody has caught, and what to do about it."""
    told = f"{_name(error)}: {error}"
    if isinstance(error, WrongType):
        return told
    told = f"{told}\n{traced(error)}".rstrip()
    if isinstance(error, OSError):
        told += "\nhint: a workflow has no files and no network: do this in an activity"
    if isinstance(error, ModuleNotFoundError):
        told += "\nhint: a component has what its files import at their top, and no files to import from later: import it there"
    if isinstance(error, RecursionError):
        told += "\nhint: go through the data in a loop instead, or do it in an activity"
    return told
