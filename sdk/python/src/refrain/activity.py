"""Names of activities, for files that workflows and activities share. Activities themselves run on a worker."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar, overload

logger = logging.getLogger("refrain.activity")

#: Where a function says what it is called as an activity.
NAME = "__refrain_activity__"

#: Of all modules that were imported.
activities: list[Callable[..., Any]] = []


F = TypeVar("F", bound=Callable[..., Any])


@overload
def defn(fn: F) -> F: ...


@overload
def defn(
    *, name: str | None = None, dynamic: bool = False, no_thread_cancel_exception: bool = False
) -> Callable[[F], F]: ...


def defn(fn: Any = None, *, name: str | None = None, dynamic: bool = False, no_thread_cancel_exception: bool = False) -> Any:
    """Makes a function an activity."""

    def decorate(fn: Callable[..., Any]) -> Callable[..., Any]:
        setattr(fn, NAME, name or getattr(fn, "__name__", type(fn).__name__))
        activities.append(fn)
        return fn

    return decorate if fn is None else decorate(fn)


def name_of(activity: Any) -> str:
    if isinstance(activity, str):
        return activity
    if hasattr(activity, NAME):
        return str(getattr(activity, NAME))
    call = getattr(activity, "__call__", None)
    if hasattr(call, NAME):
        return str(getattr(call, NAME))
    raise TypeError(f"{activity!r} is not an activity: expected a name or a function with `@activity.defn`")


def _elsewhere(*args: Any, **options: Any) -> NoReturn:
    raise RuntimeError("this is a workflow: activities run on a worker")


heartbeat = info = in_activity = is_cancelled = raise_complete_async = payload_converter = client = _elsewhere
wait_for_cancelled = wait_for_worker_shutdown = shield_thread_cancel_exception = _elsewhere
cancellation_details = is_worker_shutdown = metric_meter = _elsewhere
wait_for_cancelled_sync = wait_for_worker_shutdown_sync = _elsewhere


class Info:
    """To be named in type hints."""


class ActivityCancellationDetails:
    """To be named in type hints."""


class LoggerAdapter(logging.LoggerAdapter[logging.Logger]):
    """To be named in type hints."""
