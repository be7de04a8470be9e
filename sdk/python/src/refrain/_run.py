"""One run: its workflow, its handlers, and what its ends mean."""

from __future__ import annotations

import asyncio
import contextvars
import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

from . import _chance
from . import _definitions as definitions
from . import _host as host
from ._definitions import Handler, HandlerUnfinishedPolicy
from ._failures import described, to_failure
from ._loop import LOOP, current_call, detached
from ._outbound import ContinueAsNewError, Outbound
from .converter import RawValue, WrongType, from_payloads, to_payload
from .exceptions import ApplicationError, CancelledError, FailureError, is_cancelled_exception
from .worker import (
    ExecuteWorkflowInput,
    HandleQueryInput,
    HandleSignalInput,
    HandleUpdateInput,
    WorkflowInboundInterceptor,
    WorkflowOutboundInterceptor,
)

#: Of the component, outermost first.
interceptors: list[type[WorkflowInboundInterceptor]] = []


@dataclass(frozen=True)
class UpdateInfo:
    id: str
    name: str


current_update: contextvars.ContextVar[UpdateInfo | None] = contextvars.ContextVar("current_update", default=None)


class Run:
    def __init__(self, definition: definitions.Workflow, args: list[Any]) -> None:
        self.definition = definition
        self.args = args
        self.instance: Any = None
        self.cancel_reason: str | None = None
        self.handlers: dict[tuple[str, str | None], Handler] = {}
        #: What is running: its handler, and what it was called by: a name, for updates an id too.
        self.running: dict[asyncio.Task[Any], tuple[Handler, str]] = {}
        self.failure_types = definition.failure_exception_types
        self._waits: dict[str | None, int] = {}
        self._main: asyncio.Task[Any] | None = None
        self._outcome: asyncio.Future[Any] = LOOP.create_future()
        self.outbound: WorkflowOutboundInterceptor = Outbound()
        self.inbound: WorkflowInboundInterceptor = _Inbound(self)
        for interceptor in reversed(interceptors):
            self.inbound = interceptor(self.inbound)
        #: Of `random`.
        self.seed = host.context.random_u64()

    # The workflow itself.

    async def outcome(self) -> Any:
        """Runs the workflow to its end. Awaited by the host's call of `run`."""
        LOOP.home = current_call()
        _chance.begin(self.seed)
        self.inbound.init(self.outbound)
        self.instance = self.definition.cls(*self.args) if self.definition.init else self.definition.cls()
        if self.definition.dynamic_config is not None:
            config = self.definition.dynamic_config(self.instance)
            if config.failure_exception_types is not None:
                self.failure_types = tuple(config.failure_exception_types)
        for handler in self.definition.handlers:
            self.handlers[handler.kind, handler.name] = handler
        self._receive_all([name for kind, name in self.handlers if kind == "signal"])
        _, reader = host.context.cancellation()
        LOOP.read(reader, self._cancel)
        self._main = detached(self._to_the_end(self._run))
        return await self._outcome

    async def _run(self) -> Any:
        if interceptors:
            headers = dict(host.context.info().headers)
            it = ExecuteWorkflowInput(self.definition.cls, self.definition.run, self.args, headers)
            result = await self.inbound.execute_workflow(it)
        else:
            result = await self.definition.run(self.instance, *self.args)
        try:
            return host.lifecycle.Outcome_Completed([to_payload(result)])
        except WrongType as error:
            raise WrongType(f"the result of workflow {self.definition.name}: {error}") from error

    async def _to_the_end(self, of: Callable[[], Any]) -> None:
        """Runs what may end the run: the workflow, or a handler of a signal."""
        try:
            outcome = await of()
            if outcome is None:
                return
        except ContinueAsNewError as error:
            outcome = host.lifecycle.Outcome_ContinueAsNew(error.command)
        except BaseException as error:
            self._end(error=error)
            return
        self._end(outcome)

    def _end(self, outcome: Any = None, error: BaseException | None = None) -> None:
        if self._outcome.done():
            return
        self._warn_of_handlers()
        if error is None:
            self._outcome.set_result(outcome)
        elif self.cancel_reason is not None and is_cancelled_exception(error):
            self._outcome.set_exception(host.Err(to_failure(CancelledError())))
        elif self.is_failure(error) or isinstance(error, asyncio.CancelledError):
            # A cancellation that nobody asked for is a failure, too.
            self._outcome.set_exception(host.Err(to_failure(error)))
        else:
            mistake(error)

    def is_failure(self, error: BaseException) -> bool:
        """Does it fail the run? Anything else is a mistake, and fails the workflow task only."""
        return isinstance(error, (FailureError, asyncio.TimeoutError, *self.failure_types))

    def _cancel(self, request: Any) -> None:
        if not isinstance(request, host.Ok):
            return
        self.cancel_reason = request.value.reason
        if self._main is not None and not self._main.done():
            self._main.cancel()

    # Signals. One that has no handler stays with the host, and goes to the next run if there is one.

    def set_handler(self, kind: str, name: str | None, handler: Handler | None) -> None:
        if handler is None:
            self.handlers.pop((kind, name), None)
        else:
            self.handlers[kind, name] = handler
        if kind != "signal":
            return
        if handler is not None and name not in self._waits:
            self._receive_all([name])
        elif handler is None and name in self._waits:
            host.operations.cancel(self._waits[name])

    def _receive_all(self, names: list[str | None]) -> None:
        """Handles what is here already, in the order in which it came, and waits for more."""
        if names:
            named = None if None in names else names
            while (signal := host.signals.take(named)) is not None:
                self._signal(signal)
        for name in names:
            self._receive(name)

    def _receive(self, name: str | None) -> None:
        op, reader = host.signals.receive(name)
        self._waits[name] = op
        LOOP.read(reader, lambda result: self._received(name, result))

    def _received(self, name: str | None, result: Any) -> None:
        del self._waits[name]
        # By name again: what was canceled may be wanted anew.
        if ("signal", name) in self.handlers:
            self._receive(name)
        if isinstance(result, host.Ok):
            self._signal(result.value)

    def _signal(self, signal: Any) -> None:
        handler = self.handler("signal", signal.name)
        if handler is None:
            return
        try:
            args = _arguments(handler, signal.name, signal.args)
        except Exception as error:
            told = f"signal {signal.name} is dropped, its arguments can't be read: {error}"
            host.context.log(host.types.LogLevel.ERROR, told)
            return

        async def handle() -> None:
            await self.inbound.handle_signal(HandleSignalInput(signal.name, args, dict(signal.headers)))

        self._start(handler, signal.name, self._to_the_end(handle))

    def _start(self, handler: Handler, called: str, coroutine: Any) -> asyncio.Task[Any]:
        task = detached(coroutine)
        self.running[task] = (handler, called)
        # Of the program, not of the call that it begins in.
        task.add_done_callback(self.running.pop, context=contextvars.Context())
        return task

    def bound(self, handler: Handler, fn: Callable[..., Any]) -> Callable[..., Any]:
        return fn.__get__(self.instance) if handler.is_method else fn

    def handler(self, kind: str, name: str) -> Handler | None:
        return self.handlers.get((kind, name)) or self.handlers.get((kind, None))

    def _known(self, kind: str) -> str:
        return " ".join(sorted(name for of, name in self.handlers if of == kind and name is not None))

    def _warn_of_handlers(self) -> None:
        names = []
        for task, (handler, called) in self.running.items():
            if task is asyncio.current_task() or handler.unfinished_policy is HandlerUnfinishedPolicy.ABANDON:
                continue
            names.append(f"{handler.kind} {called}")
        if names:
            told = f"the workflow ended while handlers were running: {', '.join(names)}; wait for "
            told += "`workflow.wait_condition(workflow.all_handlers_finished)` first"
            host.context.log(host.types.LogLevel.WARN, told)

    # Queries and updates.

    def _metadata(self) -> Any:
        """What tools ask for: the handlers that this run has now."""

        def of(kind: str) -> list[Any]:
            named = sorted((it.name, it.description) for it in self.handlers.values() if it.kind == kind and it.name)
            return [{"name": name, "description": description} for name, description in named]

        kinds = ("signal", "query", "update")
        return to_payload({"definition": {f"{kind}Definitions": of(kind) for kind in kinds}})

    def query(self, name: str, payloads: Sequence[Any]) -> Any:
        if name == "__temporal_workflow_metadata":
            return self._metadata()
        handler = self.handler("query", name)
        if handler is None:
            told = f"unknown queryType {name}. KnownQueryTypes=[{self._known('query')}]"
            raise ApplicationError(told, type="QueryNotFound", non_retryable=True)
        args = _arguments(handler, name, payloads)
        asked = f"query {name}"

        def answer() -> Any:
            return _at_once(self.inbound.handle_query(HandleQueryInput("", name, args, {})), asked)

        return to_payload(LOOP.read_only(asked, answer))

    def validate(self, update: Any) -> None:
        handler = self._update_handler(update.name)
        args = _arguments(handler, update.name, update.args)
        if handler.validator is None:
            return

        def validate() -> None:
            current_update.set(UpdateInfo(update.id, update.name))
            self.inbound.handle_update_validator(_update_input(update, args))

        LOOP.read_only(f"the validator of update {update.name}", validate)

    async def update(self, update: Any) -> Any:
        """Runs an update to its end. Awaited by the host's call of `update`."""
        handler = self._update_handler(update.name)
        args = _arguments(handler, update.name, update.args)

        async def handle() -> Any:
            current_update.set(UpdateInfo(update.id, update.name))
            try:
                return to_payload(await self.inbound.handle_update_handler(_update_input(update, args)))
            except (FailureError, asyncio.CancelledError, asyncio.TimeoutError) as error:
                return error
            except Exception as error:
                if self.is_failure(error):
                    return error
                mistake(error)

        answer = await self._start(handler, f"{update.name} ({update.id})", handle())
        if isinstance(answer, BaseException):
            raise host.Err(to_failure(answer))
        return answer

    def _update_handler(self, name: str) -> Handler:
        handler = self.handler("update", name)
        if handler is None:
            told = f"unknown update {name}. KnownUpdates=[{self._known('update')}]"
            raise ApplicationError(told, type="UpdateNotFound", non_retryable=True)
        return handler


class _Inbound(WorkflowInboundInterceptor):
    """The innermost of what reaches a run goes through: it calls the author's functions."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def init(self, outbound: WorkflowOutboundInterceptor) -> None:
        self.run.outbound = outbound

    async def execute_workflow(self, input: ExecuteWorkflowInput) -> Any:
        return await input.run_fn(self.run.instance, *input.args)

    async def handle_signal(self, input: HandleSignalInput) -> None:
        await self._call("signal", input.signal, input.args)

    async def handle_query(self, input: HandleQueryInput) -> Any:
        return await self._call("query", input.query, input.args)

    def handle_update_validator(self, input: HandleUpdateInput) -> None:
        handler = self.run.handler("update", input.update)
        if handler is not None and handler.validator is not None:
            self.run.bound(handler, handler.validator)(*input.args)

    async def handle_update_handler(self, input: HandleUpdateInput) -> Any:
        return await self._call("update", input.update, input.args)

    async def _call(self, kind: str, name: str, args: Sequence[Any]) -> Any:
        handler = self.run.handler(kind, name)
        if handler is None:
            raise RuntimeError(f"the handler of {kind} {name} is gone")
        result = self.run.bound(handler, handler.fn)(*args)
        return await result if inspect.isawaitable(result) else result


def _update_input(update: Any, args: Sequence[Any]) -> HandleUpdateInput:
    return HandleUpdateInput(update.id, update.name, args, dict(update.headers))


def _at_once(coroutine: Any, asked: str) -> Any:
    """What a coroutine gives that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    coroutine.close()
    raise RuntimeError(f"{asked} waits for something, expected an answer at once")


def _arguments(handler: Handler, name: str, payloads: Sequence[Any]) -> list[Any]:
    if handler.name is not None:
        args = from_payloads(payloads, handler.hints)
    elif definitions.takes_raw(handler.hints):
        args = [name, [RawValue(payload) for payload in payloads]]
    else:
        args = [name, *from_payloads(payloads)]
    try:
        handler.parameters.check(args)
    except TypeError as error:
        raise TypeError(f"{handler.kind} {name}: {error}") from error
    return args


def mistake(error: BaseException) -> NoReturn:
    """Ends the turn with a trap, whose message is what is logged here: the run stays open until the mistake is mended."""
    host.context.log(host.types.LogLevel.ERROR, described(error))
    os.abort()


current: Run | None = None


def run() -> Run:
    if current is None:
        raise RuntimeError("not in a workflow: this only works while one runs")
    return current
