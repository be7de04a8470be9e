"""Errors under Temporal's names. What is raised of these is part of the workflow; anything else is a mistake in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from enum import IntEnum
from typing import Any


class TemporalError(Exception):
    @property
    def cause(self) -> BaseException | None:
        return self.__cause__


class FailureError(TemporalError):
    """A failure that is part of the workflow: it fails the run, not the workflow task."""

    #: Which SDK or host raised it.
    source: str = ""
    #: Where it was raised, if that was elsewhere.
    stack_trace: str = ""
    #: Message and stack trace, encrypted by a codec. Passed on as they are.
    encoded_attributes: Any = None

    def __init__(self, message: str, *, exc_args: tuple[Any, ...] | None = None) -> None:
        super().__init__(*((message,) if exc_args is None else exc_args))
        self._message = message

    @property
    def message(self) -> str:
        return self._message

    @property
    def failure(self) -> None:
        return None


class NondeterminismError(TemporalError):
    """To be named among failures. Never raised: a program that has changed is told by its host, from outside."""


class WorkflowAlreadyStartedError(FailureError):
    def __init__(self, workflow_id: str, workflow_type: str, *, run_id: str | None = None) -> None:
        super().__init__("Workflow execution already started")
        self.workflow_id = workflow_id
        self.workflow_type = workflow_type
        self.run_id = run_id


class ApplicationErrorCategory(IntEnum):
    UNSPECIFIED = 0
    #: Expected: worth no alarm.
    BENIGN = 1


class ApplicationError(FailureError):
    """Raised by somebody's program."""

    def __init__(
        self,
        message: str,
        *details: Any,
        type: str | None = None,
        non_retryable: bool = False,
        next_retry_delay: timedelta | None = None,
        category: ApplicationErrorCategory = ApplicationErrorCategory.UNSPECIFIED,
    ) -> None:
        super().__init__(message, exc_args=(f"{type}: {message}" if type else message,))
        self.details: Sequence[Any] = details
        self.type = type
        self.non_retryable = non_retryable
        self.next_retry_delay = next_retry_delay
        self.category = category


class CancelledError(FailureError):
    def __init__(self, message: str = "Cancelled", *details: Any) -> None:
        super().__init__(message)
        self.details: Sequence[Any] = details


class TerminatedError(FailureError):
    def __init__(self, message: str, *details: Any) -> None:
        super().__init__(message)
        self.details: Sequence[Any] = details


class ResetWorkflowError(FailureError):
    """The workflow was reset to before this ended."""


class TimeoutType(IntEnum):
    START_TO_CLOSE = 1
    SCHEDULE_TO_START = 2
    SCHEDULE_TO_CLOSE = 3
    HEARTBEAT = 4


class TimeoutError(FailureError):
    def __init__(self, message: str, *, type: TimeoutType | None, last_heartbeat_details: Sequence[Any]) -> None:
        super().__init__(message)
        self.type = type
        self.last_heartbeat_details = last_heartbeat_details


class ServerError(FailureError):
    def __init__(self, message: str, *, non_retryable: bool = False) -> None:
        super().__init__(message)
        self.non_retryable = non_retryable


class RetryState(IntEnum):
    """Why something is not tried again."""

    IN_PROGRESS = 1
    NON_RETRYABLE_FAILURE = 2
    TIMEOUT = 3
    MAXIMUM_ATTEMPTS_REACHED = 4
    RETRY_POLICY_NOT_SET = 5
    INTERNAL_SERVER_ERROR = 6
    CANCEL_REQUESTED = 7


class ActivityError(FailureError):
    """An activity did not succeed; its cause says why. Of events and of the worker the host tells nothing."""

    def __init__(
        self,
        message: str,
        *,
        scheduled_event_id: int = 0,
        started_event_id: int = 0,
        identity: str = "",
        activity_type: str,
        activity_id: str,
        retry_state: RetryState | None,
    ) -> None:
        super().__init__(message)
        self.scheduled_event_id = scheduled_event_id
        self.started_event_id = started_event_id
        self.identity = identity
        self.activity_type = activity_type
        self.activity_id = activity_id
        self.retry_state = retry_state


class ChildWorkflowError(FailureError):
    """A child workflow did not succeed; its cause says why. Of events the host tells nothing."""

    def __init__(
        self,
        message: str,
        *,
        namespace: str = "",
        workflow_id: str,
        run_id: str,
        workflow_type: str,
        initiated_event_id: int = 0,
        started_event_id: int = 0,
        retry_state: RetryState | None,
    ) -> None:
        super().__init__(message)
        self.namespace = namespace
        self.initiated_event_id = initiated_event_id
        self.started_event_id = started_event_id
        self.workflow_id = workflow_id
        self.run_id = run_id
        self.workflow_type = workflow_type
        self.retry_state = retry_state


def is_cancelled_exception(exception: BaseException) -> bool:
    """Does it come of a cancellation?"""
    if isinstance(exception, (ActivityError, ChildWorkflowError)):
        return isinstance(exception.cause, CancelledError)
    return isinstance(exception, (asyncio.CancelledError, CancelledError))


def root_cause(exception: BaseException) -> str:
    """What the innermost cause says."""
    while exception.__cause__ is not None:
        exception = exception.__cause__
    return exception.message if isinstance(exception, FailureError) else str(exception)
