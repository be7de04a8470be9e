"""What a run knows about itself, and what it does by itself."""

from __future__ import annotations

import asyncio
import contextlib
import enum
import json
import logging
import random as python_random
import uuid
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, NoReturn

from . import _definitions as definitions
from . import _host as host
from . import _run
from ._definitions import Handler
from ._loop import LOOP, timer_summary
from ._activities import UNSET, arguments
from ._children import VersioningIntent
from ._run import UpdateInfo
from .common import (
    MetricMeter,
    Priority,
    RetryPolicy,
    SearchAttributes,
    SearchAttributeUpdate,
    TypedSearchAttributes,
    search_attributes_to_host,
)
from .converter import PayloadConverter, from_fields, from_payload, milliseconds, to_fields, to_payload
from .worker import ContinueAsNewInput


@dataclass(frozen=True)
class ParentInfo:
    namespace: str
    run_id: str
    workflow_id: str


@dataclass(frozen=True)
class RootInfo:
    run_id: str
    workflow_id: str


@dataclass(frozen=True)
class Info:
    attempt: int
    continued_run_id: str | None
    cron_schedule: str | None
    execution_timeout: timedelta | None
    first_execution_run_id: str
    headers: Mapping[str, Any]
    namespace: str
    original_execution_run_id: str
    parent: ParentInfo | None
    root: RootInfo | None
    priority: Priority
    raw_memo: Mapping[str, Any]
    retry_policy: RetryPolicy | None
    run_id: str
    run_timeout: timedelta | None
    start_time: datetime
    task_queue: str
    task_timeout: timedelta
    typed_search_attributes: TypedSearchAttributes
    workflow_id: str
    workflow_type: str
    _host: Any = field(repr=False)

    @property
    def workflow_start_time(self) -> datetime:
        return self.start_time

    @property
    def search_attributes(self) -> SearchAttributes:
        values = {pair.key.name: pair.value for pair in self.typed_search_attributes}
        return {name: it if isinstance(it, list) else [it] for name, it in values.items()}

    def get_current_history_length(self) -> int:
        return host.context.history_length()

    def get_current_history_size(self) -> int:
        return host.context.history_size()

    def is_continue_as_new_suggested(self) -> bool:
        return host.context.continue_as_new_suggested()


def info() -> Info:
    """Of this run, with what it has changed."""
    return _run.run().outbound.info()


def info_of_host() -> Info:
    it = host.context.info()
    return Info(
        attempt=it.attempt,
        continued_run_id=it.continued_from_run_id,
        cron_schedule=it.cron_schedule,
        execution_timeout=_duration(it.execution_timeout_ms),
        first_execution_run_id=it.first_run_id,
        headers=dict(it.headers),
        namespace=it.namespace,
        original_execution_run_id=it.original_run_id,
        parent=it.parent
        and ParentInfo(it.parent.namespace, it.parent.execution.run_id or "", it.parent.execution.workflow_id),
        root=it.root and RootInfo(it.root.run_id or "", it.root.workflow_id),
        priority=Priority._from_host(it.priority),
        raw_memo=dict(it.memo),
        retry_policy=it.retry_policy and RetryPolicy._from_host(it.retry_policy),
        run_id=it.run_id,
        run_timeout=_duration(it.run_timeout_ms),
        start_time=datetime.fromtimestamp(it.start_time_ms / 1000, timezone.utc),
        task_queue=it.task_queue,
        task_timeout=timedelta(milliseconds=it.task_timeout_ms),
        typed_search_attributes=TypedSearchAttributes._from_host(it.search_attributes),
        workflow_id=it.workflow_id,
        workflow_type=it.workflow_type,
        _host=it,
    )


def _duration(ms: int | None) -> timedelta | None:
    return None if ms is None else timedelta(milliseconds=ms)


def in_workflow() -> bool:
    return _run.current is not None


def instance() -> Any:
    """The object of the class of the workflow."""
    return _run.run().instance


def cancellation_reason() -> str | None:
    """Why this run was asked to stop; none if it was not."""
    return _run.run().cancel_reason


def is_failure_exception(err: BaseException) -> bool:
    """Would it fail the run, and not only the workflow task?"""
    return _run.run().is_failure(err)


def current_update_info() -> UpdateInfo | None:
    return _run.current_update.get()


def has_last_completion_result() -> bool:
    return bool(host.context.info().last_completion_result)


def get_last_completion_result(type_hint: Any = None) -> Any:
    """Of the run before this one: continue-as-new, cron."""
    payloads = host.context.info().last_completion_result
    return from_payload(payloads[0], type_hint) if payloads else None


def get_last_failure() -> BaseException | None:
    from ._failures import from_failure

    frames = host.context.info().last_failure
    return from_failure(frames) if frames else None


def payload_converter() -> PayloadConverter:
    """Reads and makes the values of headers and of `RawValue`."""
    return PayloadConverter.default


def metric_meter() -> MetricMeter:
    """Measures nothing: the host counts what runs do."""
    return MetricMeter.noop


# Time, chance, versions.


def now() -> datetime:
    return datetime.fromtimestamp(time(), timezone.utc)


def time() -> float:
    return host.context.now_ms() / 1000


def time_ns() -> int:
    return host.context.now_ms() * 1_000_000


def random() -> python_random.Random:
    """As the module `random`, which is just as right in a workflow."""
    return python_random._inst


def random_seed() -> int:
    """What `random` began with. The same for the whole run."""
    return _run.run().seed


def register_random_seed_callback(callback: Callable[[int], None]) -> None:
    """Does nothing: the seed of a run never changes."""


def new_random(name: str | None = None) -> python_random.Random:
    """A stream of its own for each name; without one it begins as `random()` did."""
    seed = random_seed()
    return python_random.Random(seed if name is None else f"{seed}:{name}")


def uuid4() -> uuid.UUID:
    LOOP.check_may("draw an id")
    return uuid.UUID(host.context.uuid4())


def uuid7() -> uuid.UUID:
    """Begins with the time, so that ids sort by it."""
    LOOP.check_may("draw an id")
    chance = int.from_bytes(host.context.random_bytes(10), "big")
    version, variant = 0x7 << 76, 0b10 << 62
    low = (chance >> 12 & 0xFFF) << 64 | chance & ((1 << 62) - 1)
    return uuid.UUID(int=host.context.now_ms() << 80 | version | variant | low)


def patched(id: str) -> bool:
    """True on the new side of a change, false for runs that passed here before the change."""
    LOOP.check_may("patch")
    return host.context.patched(id)


def deprecate_patch(id: str) -> None:
    LOOP.check_may("patch")
    host.context.deprecate_patch(id)


# Waiting.


async def sleep(duration: float | timedelta, *, summary: str | None = None) -> None:
    """A timer, also of no time at all; `asyncio.sleep(0)` only lets others run."""
    ms = milliseconds(duration) or (1 if duration else 0)
    done = LOOP.create_future()
    await _summarized(summary, lambda: _beside_timer(done, ms, lambda: done.set_result(None)))


async def wait_condition(
    fn: Callable[[], bool], *, timeout: timedelta | float | None = None, timeout_summary: str | None = None
) -> None:
    """Waits until `fn` gives true; it is asked whenever something has happened.

    Errors: `asyncio.TimeoutError` if it does not within `timeout` (seconds, or a `timedelta`).
    """
    if fn():
        return
    ms = milliseconds(timeout)
    if ms == 0:
        raise asyncio.TimeoutError("the condition does not hold")
    future = LOOP.until(fn)
    if ms is None:
        await future
        return

    def expire() -> None:
        future.set_exception(asyncio.TimeoutError("the condition did not hold in time"))

    await _summarized(timeout_summary, lambda: _beside_timer(future, ms, expire))


async def _beside_timer(future: asyncio.Future[Any], ms: int, end: Callable[[], None]) -> None:
    """Waits for the future; `end` ends it if the timer fires before."""
    timer = LOOP.start_timer(ms, lambda: None if future.done() else end())
    try:
        await future
    finally:
        timer.cancel()


async def _summarized(summary: str | None, wait: Callable[[], Awaitable[Any]]) -> None:
    if summary is None:
        await wait()
        return
    before = timer_summary.set(summary)
    try:
        await wait()
    finally:
        timer_summary.reset(before)


async def wait(
    fs: Iterable[Any], *, timeout: float | None = None, return_when: str = asyncio.ALL_COMPLETED
) -> tuple[list[Any], list[Any]]:
    """As `asyncio.wait`, with lists in the order given."""
    fs = list(fs)
    done, _ = await asyncio.wait(fs, timeout=timeout, return_when=return_when)
    return [it for it in fs if it in done], [it for it in fs if it not in done]


def as_completed(fs: Iterable[Any], *, timeout: float | None = None) -> Iterator[Awaitable[Any]]:
    return asyncio.as_completed([asyncio.ensure_future(it) for it in fs], timeout=timeout)


# What others see.


def memo() -> Mapping[str, Any]:
    return from_fields(host.context.info().memo)


def memo_value(key: str, default: Any = UNSET, *, type_hint: Any = None) -> Any:
    fields = dict(host.context.info().memo)
    if key in fields:
        return from_payload(fields[key], type_hint)
    if default is UNSET:
        raise KeyError(f"the memo has no {key}")
    return default


def upsert_memo(updates: Mapping[str, Any]) -> None:
    """Sets fields of the memo of this run; the others stay, and `None` takes one away."""
    LOOP.check_may("change the memo")
    host.state.upsert_memo(to_fields(updates))


def upsert_search_attributes(attributes: Sequence[SearchAttributeUpdate] | SearchAttributes) -> None:
    """Sets search attributes of this run; the others stay."""
    LOOP.check_may("change search attributes")
    if isinstance(attributes, Mapping):
        fields = search_attributes_to_host(attributes)
    else:
        fields = [it._to_host() for it in attributes]
    host.state.upsert_search_attributes(fields)


def publish(name: str, value: Any) -> None:
    """Publishes a value, so that reading it need not run the workflow. `None` takes it away."""
    LOOP.check_may("publish")
    host.state.publish(name, None if value is None else to_payload(value))


_current_details = ""


def get_current_details() -> str:
    return _current_details


def set_current_details(description: str) -> None:
    """Text in Markdown that pages and tools show as the current state of the run."""
    global _current_details
    LOOP.check_may("set details")
    _current_details = description
    host.state.set_current_details(description)


# Handlers.


def all_handlers_finished() -> bool:
    """Is no handler of a signal or an update running? To be waited for before the end."""
    running = _run.run().running
    return all(task is asyncio.current_task() for task in running)


def _set(kind: str, name: str | None, fn: Any, validator: Any = None) -> None:
    LOOP.check_may("set a handler")
    handler = None if fn is None else Handler(kind, name, fn, validator=validator, is_method=False).seal()
    _run.run().set_handler(kind, name, handler)


def _get(kind: str, name: str | None) -> Any:
    handler = _run.run().handlers.get((kind, name))
    if handler is None:
        return None
    return _run.run().bound(handler, handler.fn)


def get_signal_handler(name: str) -> Any:
    return _get("signal", name)


def set_signal_handler(name: str, handler: Callable[..., Any] | None) -> None:
    """Signals are kept until there is a handler."""
    _set("signal", name, handler)


def get_dynamic_signal_handler() -> Any:
    return _get("signal", None)


def set_dynamic_signal_handler(handler: Callable[..., Any] | None) -> None:
    _set("signal", None, handler)


def get_query_handler(name: str) -> Any:
    return _get("query", name)


def set_query_handler(name: str, handler: Callable[..., Any] | None) -> None:
    _set("query", name, handler)


def get_dynamic_query_handler() -> Any:
    return _get("query", None)


def set_dynamic_query_handler(handler: Callable[..., Any] | None) -> None:
    _set("query", None, handler)


def get_update_handler(name: str) -> Any:
    return _get("update", name)


def set_update_handler(
    name: str, handler: Callable[..., Any] | None, *, validator: Callable[..., Any] | None = None
) -> None:
    _set("update", name, handler, validator)


def get_dynamic_update_handler() -> Any:
    return _get("update", None)


def set_dynamic_update_handler(
    handler: Callable[..., Any] | None, *, validator: Callable[..., Any] | None = None
) -> None:
    _set("update", None, handler, validator)


# The end.


def continue_as_new(
    arg: Any = UNSET,
    *,
    args: Sequence[Any] = (),
    workflow: Any = None,
    task_queue: str | None = None,
    run_timeout: timedelta | None = None,
    task_timeout: timedelta | None = None,
    retry_policy: RetryPolicy | None = None,
    memo: Mapping[str, Any] | None = None,
    search_attributes: TypedSearchAttributes | SearchAttributes | None = None,
    versioning_intent: VersioningIntent | None = None,
) -> NoReturn:
    """Ends this run and starts the next one of the chain with these arguments."""
    _run.run().outbound.continue_as_new(
        ContinueAsNewInput(
            workflow=None if workflow is None else definitions.name_of_workflow(workflow)[0],
            args=arguments(arg, args),
            task_queue=task_queue,
            run_timeout=run_timeout,
            task_timeout=task_timeout,
            retry_policy=retry_policy,
            memo=memo,
            search_attributes=search_attributes,
            headers={},
            versioning_intent=versioning_intent,
        )
    )


# The log.


class _LogHandler(logging.Handler):
    """Lines for the log of the run; not repeated in replay."""

    def emit(self, record: logging.LogRecord) -> None:
        if not in_workflow():
            return
        levels = host.types.LogLevel
        level = levels.TRACE
        for least, name in (
            (logging.ERROR, levels.ERROR),
            (logging.WARNING, levels.WARN),
            (logging.INFO, levels.INFO),
            (logging.DEBUG, levels.DEBUG),
        ):
            if record.levelno >= least:
                level = name
                break
        host.context.log(level, self.format(record))


class LoggerAdapter(logging.LoggerAdapter[logging.Logger]):
    """A logger for workflows. The host names the run beside each line."""

    workflow_info_on_message = False
    workflow_info_on_extra = False
    log_during_replay = False

    def __init__(self, logger: logging.Logger, extra: Any = None) -> None:
        super().__init__(logger, extra or {})

    def process(self, msg: Any, kwargs: Any) -> tuple[Any, Any]:
        extra = kwargs.get("extra")
        return (f"{msg} {json.dumps(extra, default=str)}" if extra else msg), kwargs

    @property
    def base_logger(self) -> logging.Logger:
        return self.logger


logger = LoggerAdapter(logging.getLogger("refrain.workflow"))

if host.IS_COMPONENT:
    logging.basicConfig(level=logging.DEBUG, format="%(message)s", handlers=[_LogHandler()])


class SandboxImportNotificationPolicy(enum.Flag):
    """Not looked at."""

    SILENT = enum.auto()
    WARN_ON_DYNAMIC_IMPORT = enum.auto()
    WARN_ON_UNINTENTIONAL_PASSTHROUGH = enum.auto()
    RAISE_ON_UNINTENTIONAL_PASSTHROUGH = enum.auto()


class unsafe:
    """Under Temporal's names. There is no sandbox: nothing that a workflow can do is unsafe."""

    @staticmethod
    def is_replaying() -> bool:
        return host.context.is_replaying()

    @staticmethod
    def is_replaying_history_events() -> bool:
        return host.context.is_replaying()

    @staticmethod
    def is_read_only() -> bool:
        """In a query or the validator of an update."""
        return LOOP.is_read_only()

    @staticmethod
    def in_sandbox() -> bool:
        return False

    @staticmethod
    def is_sandbox_unrestricted() -> bool:
        return True

    @staticmethod
    def is_imports_passed_through() -> bool:
        return True

    @staticmethod
    def current_import_notification_policy_override() -> SandboxImportNotificationPolicy | None:
        return None

    @staticmethod
    def imports_passed_through() -> Any:
        return contextlib.nullcontext()

    @staticmethod
    def sandbox_unrestricted() -> Any:
        return contextlib.nullcontext()

    @staticmethod
    def sandbox_import_notification_policy(policy: Any) -> Any:
        return contextlib.nullcontext()


