"""The event loop of a run: no thread, no clock of its own, one completion of the host at a time.

`run` and each update are calls of the host into the component, tasks of their own for it, and each has to return from
within itself. The program of all of them is one: it runs in the call of `run`, which also reads whatever the host gives.
The other calls begin there and end there.
"""

from __future__ import annotations

import asyncio
import contextvars
import gc
import itertools
import sys
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from . import _chance
from . import _host as host
from ._failures import from_failure
from .exceptions import TemporalError

R = TypeVar("R")

#: One line for people who look at the history, for timers that are started here.
timer_summary: contextvars.ContextVar[str | None] = contextvars.ContextVar("timer_summary", default=None)

#: Turns of the host between two collections of garbage.
TURNS_PER_COLLECTION = 500

_numbers = itertools.count()


class ReadOnlyContextError(TemporalError):
    """A query, or the validator of an update, asks for what would change the run."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Future(asyncio.Future[R]):
    """Hashed by its number, so that sets of futures have the same order in replay."""

    def __init__(self, *, loop: asyncio.AbstractEventLoop | None = None) -> None:
        super().__init__(loop=loop or LOOP)
        self.number = next(_numbers)

    def __hash__(self) -> int:
        return self.number


class Task(asyncio.Task[Any]):
    """Hashed as `Future` is."""

    def __init__(self, coroutine: Any, **options: Any) -> None:
        self.number = next(_numbers)
        super().__init__(coroutine, **options)

    def __hash__(self) -> int:
        return self.number


class Operation(Future[R]):
    """Something of the host's that is under way. Canceling asks the host, which says what comes of it."""

    op: int | None = None
    #: Was it asked to end? Then nobody has to look at how.
    is_canceled = False

    def cancel(self, msg: Any = None) -> bool:
        if self.done() or self.op is None:
            return False
        LOOP.check_may("cancel what is under way")
        self.is_canceled = True
        host.operations.cancel(self.op)
        return True


class TaskOperation(Operation[R]):
    """A task of its own in Temporal's SDK. A task that is canceled before it has begun is canceled at once, whatever
    the host will say."""

    def __init__(self) -> None:
        super().__init__()
        self._begins = LOOP.next_moment()

    def cancel(self, msg: Any = None) -> bool:
        if not super().cancel(msg):
            return False
        if not LOOP.is_past(self._begins):
            asyncio.Future.cancel(self, msg)
        return True


class ActivityHandle(TaskOperation[R]):
    """An activity that is under way: awaited for its result, canceled with `cancel()`."""


class _Timer(asyncio.TimerHandle):
    op: int | None = None

    def fired(self, result: Any) -> None:
        self.op = None
        if isinstance(result, host.Ok) and not self._cancelled:
            LOOP.add(self)


class _Read:
    """Takes the place of a future in componentize-py's table of what is read."""

    def __init__(self, reader: Any, promise: int, done: Callable[[Any], None]) -> None:
        self.type, self.handle = reader.type_, reader.handle
        self.promise = promise
        self.done = done

    def set_result(self, event: int) -> None:
        result = host.runtime.promise_get_result(event, self.promise)
        host.runtime.future_drop_readable(self.type, self.handle)
        self.done(result)


class Loop(asyncio.AbstractEventLoop):
    def __init__(self) -> None:
        #: A mistake of the program: ends the turn with a trap.
        self.exception: BaseException | None = None
        self.running = True
        #: The call of `run`.
        self.home: Any = None
        self._ready: deque[asyncio.Handle] = deque()
        #: Handles that have been run, and once more whenever none was left.
        self._moment = 0
        self._n_turns = 0
        self._calls: list[Any] = []
        self._conditions: list[tuple[Callable[[], bool], asyncio.Future[bool]]] = []
        #: What is asked now and may change nothing.
        self._asked: str | None = None

    # What the host's calls into the component come to.

    def poll(self, call: Any) -> None:
        """Runs what may run in this call, until all of it waits."""
        if call not in self._calls:
            self._calls.append(call)
            call.wake = None
        self._run_handles(call)
        if call is self.home:
            self._run_program()
        elif self._ready:
            self._wake(self.home)
        for other in self._calls:
            if other is not call and self._may_return(other):
                self._wake(other)
        sys.stdout.flush()
        if call.pending_count == 0:
            self._calls.remove(call)
            # The set can't go while something is in it; what is still open is of no interest any more.
            for waitable in call.futures:
                host.runtime.waitable_join(waitable, 0)
            call.futures.clear()
        elif call.wake is None:
            call.wake, reader = host.signals.receive("__wake")
            self._read_for(call, reader, lambda _: None)

    def _run_program(self) -> None:
        # What garbage does when it goes must not depend on how many queries there were: it goes at counted turns.
        self._n_turns += 1
        if self._n_turns % TURNS_PER_COLLECTION == 0:
            gc.collect()
        while self._ready or (self._conditions and self._ask_conditions()) or self._may_return(self.home):
            while self._ready:
                handle = self._ready.popleft()
                self._moment += 1
                if not handle._cancelled:
                    handle._run()
                if self.exception is not None:
                    raise self.exception
            self._moment += 1
            if self._may_return(self.home):
                self._run_handles(self.home)

    def _run_handles(self, call: Any) -> None:
        """What this call alone may do: begin and return."""
        while self._may_return(call):
            handles, call.handles = call.handles, []
            for handle in handles:
                handle._run()
            if self.exception is not None:
                raise self.exception

    def _may_return(self, call: Any) -> bool:
        """`run` is the last to return: the host takes no answer after that."""
        return bool(call.handles) and not (call is self.home and any(it.handles for it in self._calls if it is not call))

    def _wake(self, call: Any) -> None:
        """Lets the host go on with another call. Each waits for something of its own, for this alone: what is read in a
        call can't outlive it."""
        if call.wake is not None:
            host.operations.cancel(call.wake)
            call.wake = None

    def read(self, reader: Any, done: Callable[[Any], None]) -> None:
        """Calls `done` with the outcome of a future of the host."""
        self._read_for(self.home, reader, done)

    def _read_for(self, call: Any, reader: Any, done: Callable[[Any], None]) -> None:
        read = host.runtime.future_read(reader.type_, reader.handle)
        if isinstance(read, host.Ok):
            host.runtime.future_drop_readable(reader.type_, reader.handle)
            self.call_soon(done, read.value)
            return
        waitable, promise = read.value
        call.futures[waitable] = _Read(reader, promise, done)
        host.runtime.waitable_join(waitable, _set_of(call))

    # What only answers.

    def read_only(self, asked: str, look: Callable[[], R]) -> R:
        """Leaves no trace in the run: what is drawn in `look` is drawn again, as in replay, where nobody asks."""
        self._asked = asked
        _chance.borrow()
        try:
            return contextvars.Context().run(look)
        finally:
            _chance.give_back()
            self._asked = None

    def is_read_only(self) -> bool:
        return self._asked is not None

    def check_may(self, change: str) -> None:
        """Errors: `ReadOnlyContextError`."""
        if self._asked is not None:
            raise ReadOnlyContextError(f"{self._asked} can't {change}: it may only look")

    # Conditions are asked whenever the program has come to rest.

    def until(self, holds: Callable[[], bool]) -> asyncio.Future[bool]:
        self.check_may("wait")
        future: asyncio.Future[bool] = self.create_future()
        self._conditions.append((holds, future))
        return future

    def _ask_conditions(self) -> bool:
        waiting, self._conditions = self._conditions, []
        for holds, future in waiting:
            if future.done():
                continue
            try:
                if holds():
                    future.set_result(True)
                    continue
            except Exception as error:
                future.set_exception(error)
                continue
            self._conditions.append((holds, future))
        return bool(self._ready)

    # When a task begins that is made now: after all that may run already.

    def next_moment(self) -> int:
        return self._moment + len(self._ready)

    def is_past(self, moment: int) -> bool:
        return self._moment > moment

    # What `asyncio` asks of a loop.

    def add(self, handle: asyncio.Handle) -> None:
        self._ready.append(handle)

    def call_soon(  # type: ignore[override]
        self, callback: Any, *args: Any, context: contextvars.Context | None = None
    ) -> asyncio.Handle:
        self.check_may("start a task or set a future")
        handle = asyncio.Handle(callback, args, self, context)
        call = None if context is None else context.get(host.support._future_state)
        if call is None:
            self._ready.append(handle)
        else:
            call.handles.append(handle)
        return handle

    def call_soon_threadsafe(  # type: ignore[override]
        self, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.Handle:
        return self.call_soon(callback, *args, context=context)

    def call_later(  # type: ignore[override]
        self, delay: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        if delay > 0:
            return self.start_timer(max(1, round(delay * 1000)), callback, *args, context=context)
        timer = _Timer(self.time(), callback, args, self, context)
        self._ready.append(timer)
        return timer

    def start_timer(self, ms: int, callback: Any, *args: Any, context: Any = None) -> asyncio.TimerHandle:
        """A timer of the host's, also one of 0 ms."""
        self.check_may("start a timer")
        timer = _Timer(self.time() + ms / 1000, callback, args, self, context)
        timer.op, reader = host.timers.sleep(ms, timer_summary.get())
        self.read(reader, timer.fired)
        return timer

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *args: Any, context: Any = None
    ) -> asyncio.TimerHandle:
        return self.call_later(when - self.time(), callback, *args, context=context)

    def _timer_handle_cancelled(self, timer: _Timer) -> None:
        if timer.op is not None:
            host.operations.cancel(timer.op)

    def time(self) -> float:
        return host.context.now_ms() / 1000

    def create_future(self) -> Future[Any]:
        return Future(loop=self)

    def create_task(self, coro: Any, **options: Any) -> Task:
        return Task(coro, loop=self, **options)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if "handle" in context and error is not None:
            self.exception = error
        else:
            told = context.get("message") or "unhandled"
            host.context.log(host.types.LogLevel.WARN, f"{told}: {error!r}" if error else told)

    default_exception_handler = call_exception_handler

    def get_exception_handler(self) -> None:
        return None

    def get_task_factory(self) -> None:
        return None

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return True

    def is_closed(self) -> bool:
        return False

    async def shutdown_asyncgens(self) -> None:
        pass

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> Any:  # type: ignore[override]
        raise RuntimeError("a workflow has no threads: do this in an activity")

    async def create_connection(self, *args: Any, **options: Any) -> Any:
        raise RuntimeError("a workflow has no network: do this in an activity")

    async def create_server(self, *args: Any, **options: Any) -> Any:
        raise RuntimeError("a workflow has no network: do this in an activity")

    async def subprocess_exec(self, *args: Any, **options: Any) -> Any:
        raise RuntimeError("a workflow has no processes: do this in an activity")

    async def subprocess_shell(self, *args: Any, **options: Any) -> Any:
        raise RuntimeError("a workflow has no processes: do this in an activity")


def _set_of(call: Any) -> int:
    if call.waitable_set is None:
        call.waitable_set = host.runtime.waitable_set_new()
    return call.waitable_set


LOOP = Loop()  # type: ignore[abstract]


def install() -> None:
    """Takes the place of componentize-py's own loop."""
    host.support._loop = LOOP
    host.FutureReader.__init__ = _begin_reader
    asyncio.events._set_running_loop(LOOP)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]


def _begin_reader(reader: Any, type_: int, handle: int) -> None:
    """Each is read as soon as it is there: nobody has to close it when it is forgotten."""
    reader.type_, reader.handle = type_, handle


def current_call() -> Any:
    """The call of the host that this coroutine was made for."""
    return host.support._future_state.get()


def detached(coroutine: Any) -> Task:
    """A task of the program, which no call of the host ends."""
    return LOOP.create_task(coroutine, context=contextvars.Context())


def operation(op: int, reader: Any, decode: Callable[[Any], Any], operation_type: type[Operation[Any]] = Operation) -> Any:
    """The outcome of an operation that has begun, to be awaited."""
    it = operation_type()
    it.op = op

    def done(result: Any) -> None:
        it.op = None
        if it.done():
            return
        if isinstance(result, host.Err):
            it.set_exception(from_failure(result.value))
            if it.is_canceled:
                it._log_traceback = False
            return
        try:
            it.set_result(decode(result.value))
        except Exception as error:
            it.set_exception(error)

    LOOP.read(reader, done)
    return it
