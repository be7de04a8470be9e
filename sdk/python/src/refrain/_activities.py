"""Activities, under the names of `temporalio.workflow`."""

from __future__ import annotations

import enum
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, TypedDict, TypeVar, overload

from . import _definitions as definitions
from . import _run
from ._loop import ActivityHandle
from .activity import name_of
from .common import Priority, RetryPolicy
from .worker import StartActivityInput, StartLocalActivityInput

if TYPE_CHECKING:
    from typing import Unpack

    from ._children import VersioningIntent

UNSET: Any = object()

A = TypeVar("A")
R = TypeVar("R")


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


class ActivityConfig(TypedDict, total=False):
    """The options of an activity; one of the first two has to be there."""

    schedule_to_close_timeout: timedelta | None
    start_to_close_timeout: timedelta | None
    schedule_to_start_timeout: timedelta | None
    heartbeat_timeout: timedelta | None
    task_queue: str | None
    retry_policy: RetryPolicy | None
    cancellation_type: ActivityCancellationType
    activity_id: str | None
    #: Not looked at: who polls the queue takes the task.
    versioning_intent: VersioningIntent | None
    summary: str | None
    priority: Priority | None


class LocalActivityConfig(TypedDict, total=False):
    """The options of a local activity; one of the first two has to be there."""

    schedule_to_close_timeout: timedelta | None
    start_to_close_timeout: timedelta | None
    #: Not looked at: there is nobody to wait for.
    schedule_to_start_timeout: timedelta | None
    retry_policy: RetryPolicy | None
    #: Not looked at: the host waits between two attempts however long it takes, for more than a minute on a timer.
    local_retry_threshold: timedelta | None
    cancellation_type: ActivityCancellationType
    activity_id: str | None
    summary: str | None


def _named(activity: Any, result_type: Any) -> tuple[str, Any]:
    if result_type is None and not isinstance(activity, str):
        result_type = definitions.result_type(activity)
    return name_of(activity), result_type

@overload
def start_activity(
    activity: Callable[[], Awaitable[R]], **options: Unpack[ActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_activity(
    activity: Callable[[], R], **options: Unpack[ActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_activity(
    activity: Callable[[A], Awaitable[R]], arg: A, **options: Unpack[ActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_activity(
    activity: Callable[[A], R], arg: A, **options: Unpack[ActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_activity(
    activity: Callable[..., Awaitable[R]], *, args: Sequence[Any], **options: Unpack[ActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_activity(
    activity: Callable[..., R], *, args: Sequence[Any], **options: Unpack[ActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_activity(
    activity: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: type[R], **options: Unpack[ActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_activity(
    activity: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: Any = ..., **options: Unpack[ActivityConfig]
) -> ActivityHandle[Any]: ...
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
    versioning_intent: VersioningIntent | None = None,
    summary: str | None = None,
    priority: Priority | None = None,
) -> ActivityHandle[Any]:
    """Starts an activity at once. Errors: `ActivityError` when it is awaited; its cause says why."""
    name, ret_type = _named(activity, result_type)
    return _run.run().outbound.start_activity(
        StartActivityInput(
            # By position: names cost more than all else here.
            name,
            arguments(arg, args),
            activity_id,
            task_queue,
            schedule_to_close_timeout,
            schedule_to_start_timeout,
            start_to_close_timeout,
            heartbeat_timeout,
            retry_policy,
            cancellation_type,
            {},
            versioning_intent,
            summary,
            priority,
            ret_type,
        )
    )


@overload
async def execute_activity(
    activity: Callable[[], Awaitable[R]], **options: Unpack[ActivityConfig]
) -> R: ...

@overload
async def execute_activity(
    activity: Callable[[], R], **options: Unpack[ActivityConfig]
) -> R: ...

@overload
async def execute_activity(
    activity: Callable[[A], Awaitable[R]], arg: A, **options: Unpack[ActivityConfig]
) -> R: ...

@overload
async def execute_activity(
    activity: Callable[[A], R], arg: A, **options: Unpack[ActivityConfig]
) -> R: ...

@overload
async def execute_activity(
    activity: Callable[..., Awaitable[R]], *, args: Sequence[Any], **options: Unpack[ActivityConfig]
) -> R: ...

@overload
async def execute_activity(
    activity: Callable[..., R], *, args: Sequence[Any], **options: Unpack[ActivityConfig]
) -> R: ...

@overload
async def execute_activity(
    activity: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: type[R], **options: Unpack[ActivityConfig]
) -> R: ...

@overload
async def execute_activity(
    activity: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: Any = ..., **options: Unpack[ActivityConfig]
) -> Any: ...
async def execute_activity(activity: Any, arg: Any = UNSET, **options: Any) -> Any:
    """Starts an activity and waits for its result. Options and errors: as `start_activity`."""
    return await start_activity(activity, arg, **options)


@overload
def start_local_activity(
    activity: Callable[[], Awaitable[R]], **options: Unpack[LocalActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_local_activity(
    activity: Callable[[], R], **options: Unpack[LocalActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_local_activity(
    activity: Callable[[A], Awaitable[R]], arg: A, **options: Unpack[LocalActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_local_activity(
    activity: Callable[[A], R], arg: A, **options: Unpack[LocalActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_local_activity(
    activity: Callable[..., Awaitable[R]], *, args: Sequence[Any], **options: Unpack[LocalActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_local_activity(
    activity: Callable[..., R], *, args: Sequence[Any], **options: Unpack[LocalActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_local_activity(
    activity: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: type[R], **options: Unpack[LocalActivityConfig]
) -> ActivityHandle[R]: ...

@overload
def start_local_activity(
    activity: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: Any = ..., **options: Unpack[LocalActivityConfig]
) -> ActivityHandle[Any]: ...
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
) -> ActivityHandle[Any]:
    """As `start_activity`, for short activities that the host runs beside the workflow: those of the component of activities
    that is deployed to the workflow's own task queue."""
    name, ret_type = _named(activity, result_type)
    return _run.run().outbound.start_local_activity(
        StartLocalActivityInput(
            activity=name,
            args=arguments(arg, args),
            activity_id=activity_id,
            schedule_to_close_timeout=schedule_to_close_timeout,
            start_to_close_timeout=start_to_close_timeout,
            retry_policy=retry_policy,
            cancellation_type=cancellation_type,
            headers={},
            summary=summary,
            ret_type=ret_type,
        )
    )


@overload
async def execute_local_activity(
    activity: Callable[[], Awaitable[R]], **options: Unpack[LocalActivityConfig]
) -> R: ...

@overload
async def execute_local_activity(
    activity: Callable[[], R], **options: Unpack[LocalActivityConfig]
) -> R: ...

@overload
async def execute_local_activity(
    activity: Callable[[A], Awaitable[R]], arg: A, **options: Unpack[LocalActivityConfig]
) -> R: ...

@overload
async def execute_local_activity(
    activity: Callable[[A], R], arg: A, **options: Unpack[LocalActivityConfig]
) -> R: ...

@overload
async def execute_local_activity(
    activity: Callable[..., Awaitable[R]], *, args: Sequence[Any], **options: Unpack[LocalActivityConfig]
) -> R: ...

@overload
async def execute_local_activity(
    activity: Callable[..., R], *, args: Sequence[Any], **options: Unpack[LocalActivityConfig]
) -> R: ...

@overload
async def execute_local_activity(
    activity: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: type[R], **options: Unpack[LocalActivityConfig]
) -> R: ...

@overload
async def execute_local_activity(
    activity: str, arg: Any = ..., *, args: Sequence[Any] = ..., result_type: Any = ..., **options: Unpack[LocalActivityConfig]
) -> Any: ...
async def execute_local_activity(activity: Any, arg: Any = UNSET, **options: Any) -> Any:
    """Starts a local activity and waits for its result. Options and errors: as `start_local_activity`."""
    return await start_local_activity(activity, arg, **options)


# Of methods and of classes that are called: the same, as only the name counts. What a method takes besides its
# object is not known to type checkers.
if TYPE_CHECKING:

    @overload
    def start_activity_method(
        activity: Callable[..., Awaitable[R]], arg: Any = ..., *, args: Sequence[Any] = ..., **options: Unpack[ActivityConfig]
    ) -> ActivityHandle[R]: ...

    @overload
    def start_activity_method(
        activity: Callable[..., R], arg: Any = ..., *, args: Sequence[Any] = ..., **options: Unpack[ActivityConfig]
    ) -> ActivityHandle[R]: ...

    def start_activity_method(activity: Any, arg: Any = ..., **options: Any) -> Any: ...

    @overload
    async def execute_activity_method(
        activity: Callable[..., Awaitable[R]], arg: Any = ..., *, args: Sequence[Any] = ..., **options: Unpack[ActivityConfig]
    ) -> R: ...

    @overload
    async def execute_activity_method(
        activity: Callable[..., R], arg: Any = ..., *, args: Sequence[Any] = ..., **options: Unpack[ActivityConfig]
    ) -> R: ...

    async def execute_activity_method(activity: Any, arg: Any = ..., **options: Any) -> Any: ...

    @overload
    def start_local_activity_method(
        activity: Callable[..., Awaitable[R]], arg: Any = ..., *, args: Sequence[Any] = ..., **options: Unpack[LocalActivityConfig]
    ) -> ActivityHandle[R]: ...

    @overload
    def start_local_activity_method(
        activity: Callable[..., R], arg: Any = ..., *, args: Sequence[Any] = ..., **options: Unpack[LocalActivityConfig]
    ) -> ActivityHandle[R]: ...

    def start_local_activity_method(activity: Any, arg: Any = ..., **options: Any) -> Any: ...

    @overload
    async def execute_local_activity_method(
        activity: Callable[..., Awaitable[R]], arg: Any = ..., *, args: Sequence[Any] = ..., **options: Unpack[LocalActivityConfig]
    ) -> R: ...

    @overload
    async def execute_local_activity_method(
        activity: Callable[..., R], arg: Any = ..., *, args: Sequence[Any] = ..., **options: Unpack[LocalActivityConfig]
    ) -> R: ...

    async def execute_local_activity_method(activity: Any, arg: Any = ..., **options: Any) -> Any: ...

else:
    start_activity_method, execute_activity_method = start_activity, execute_activity
    start_local_activity_method, execute_local_activity_method = start_local_activity, execute_local_activity

start_activity_class, execute_activity_class = start_activity, execute_activity
start_local_activity_class, execute_local_activity_class = start_local_activity, execute_local_activity
