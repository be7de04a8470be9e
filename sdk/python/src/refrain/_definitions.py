"""The decorators: what a component has, known before it runs."""

from __future__ import annotations

import enum
import functools
import inspect
import sys
import typing
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from .common import VersioningBehavior
from .converter import RawValue

P = typing.ParamSpec("P")
C = typing.TypeVar("C", bound=type)
F = typing.TypeVar("F", bound=Callable[..., Any])
R = typing.TypeVar("R", covariant=True)


class HandlerUnfinishedPolicy(enum.Enum):
    """What becomes of a handler that is running when the workflow ends: it is abandoned, with a warning or without."""

    WARN_AND_ABANDON = 1
    ABANDON = 2


class UnfinishedSignalHandlersWarning(RuntimeWarning):
    """To be named in filters of warnings: the host logs what is unfinished."""


class UnfinishedUpdateHandlersWarning(RuntimeWarning):
    """As `UnfinishedSignalHandlersWarning`."""


class Parameters:
    """What a function takes when all is given to it by position: looked up once, as the component is built."""

    def __init__(self, fn: Callable[..., Any], is_method: bool) -> None:
        """Errors: `TypeError` if it can't be called so, or if the types are not to be had."""
        self.signature = inspect.signature(fn)
        self.is_method = is_method
        parameters = list(self.signature.parameters.values())
        if is_method and (not parameters or parameters[0].kind is inspect.Parameter.KEYWORD_ONLY):
            raise TypeError(f"`{fn.__name__}{self.signature}` takes no `self`")
        for it in parameters:
            if it.kind is inspect.Parameter.KEYWORD_ONLY and it.default is it.empty:
                told = f"`{fn.__name__}{self.signature}` takes `{it.name}` by its name only"
                raise TypeError(f"{told}, expected it before the `*`")
        positional = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
        named = [it for it in parameters if it.kind in positional][int(is_method) :]
        hints = hints_of(fn)
        #: `None` where nothing is said.
        self.types = [hints.get(it.name) for it in named]
        takes_any = any(it.kind is inspect.Parameter.VAR_POSITIONAL for it in parameters)
        most = sys.maxsize - 1 if takes_any else len(named)
        #: How many arguments are right.
        self.numbers = range(sum(it.default is it.empty for it in named), most + 1)

    def check(self, args: typing.Sequence[Any]) -> None:
        """Errors: `TypeError`, in Python's words."""
        if len(args) not in self.numbers:
            self.signature.bind(*[None] * self.is_method, *args)


@dataclass
class Handler:
    """Of a signal, a query or an update."""

    kind: str
    #: None: takes whatever no other handler takes.
    name: str | None
    fn: Callable[..., Any]
    description: str = ""
    unfinished_policy: HandlerUnfinishedPolicy = HandlerUnfinishedPolicy.WARN_AND_ABANDON
    validator: Callable[..., Any] | None = None
    #: Is `fn` a method of a workflow, not yet bound to one?
    is_method: bool = True
    hints: list[Any] = field(default_factory=list)
    parameters: Parameters = field(init=False)

    def seal(self) -> Handler:
        """Looks up what the arguments are. Errors: `TypeError`."""
        self.parameters = Parameters(self.fn, self.is_method)
        if self.validator is not None and shape(self.validator) != shape(self.fn):
            told = f"`{self.fn.__name__}{inspect.signature(self.fn)}`, its validator `{inspect.signature(self.validator)}`"
            raise TypeError(f"{told}: expected them to take the same arguments")
        self.hints = self.parameters.types
        if self.name is None:
            self._check_dynamic()
            self.hints = self.hints[1:]
        return self

    def _check_dynamic(self) -> None:
        try:
            self.parameters.check(["name", []])
        except TypeError:
            told = f"`{self.fn.__name__}{self.parameters.signature}` takes any {self.kind}"
            raise TypeError(f"{told}, expected it to take its name and `Sequence[RawValue]`") from None


@dataclass(frozen=True)
class DynamicWorkflowConfig:
    """What a dynamic workflow says of itself once it knows what it is."""

    #: None: those of `defn`.
    failure_exception_types: typing.Sequence[type[BaseException]] | None = None
    #: Not looked at.
    versioning_behavior: VersioningBehavior = VersioningBehavior.UNSPECIFIED


@dataclass
class Workflow:
    name: str | None
    cls: type
    run: Callable[..., Any]
    failure_exception_types: tuple[type[BaseException], ...]
    handlers: list[Handler]
    #: Does the constructor take the arguments too?
    init: bool
    dynamic_config: Callable[[Any], DynamicWorkflowConfig] | None = None
    parameters: Parameters = field(init=False)

    def seal(self) -> None:
        """Errors: `TypeError` if something can't be called as it will be."""
        self.parameters = Parameters(self.run, True)
        self._check_init()
        for handler in self.handlers:
            handler.seal()

    def _check_init(self) -> None:
        cls: Any = self.cls
        made = inspect.signature(cls.__init__)
        if self.init:
            if shape(cls.__init__) != shape(self.run):
                told = f"`__init__{made}` with `@workflow.init`, and `{self.run.__name__}{inspect.signature(self.run)}`"
                raise TypeError(f"{told}: expected them to take the same arguments")
            return
        try:
            made.bind(None)
        except TypeError as error:
            told = f"`__init__{made}` is given no arguments ({error})"
            raise TypeError(f"{told}: with `@workflow.init` it is given those of the workflow") from None


#: Of all modules that were imported.
workflows: list[Workflow] = []

_RUN, _INIT, _HANDLER, _CONFIG = "__refrain_run__", "__refrain_init__", "__refrain_handler__", "__refrain_config__"
_WORKFLOW = "__refrain_workflow__"


def hints_of(fn: Any) -> dict[str, Any]:
    """Errors: `TypeError` if a type is only there for the type checker."""
    try:
        return typing.get_type_hints(fn)
    except (NameError, AttributeError) as error:
        told = f"the types of `{getattr(fn, '__qualname__', fn)}` can't be looked up: {error}"
        raise TypeError(f"{told}; values are read by them: import them not only under `if TYPE_CHECKING`") from None
    except Exception:
        return {}


def shape(fn: Callable[..., Any]) -> list[Any]:
    """What it takes, whatever the names are."""
    return [(it.kind, it.default is it.empty) for it in inspect.signature(fn).parameters.values()]


def result_type(fn: Any) -> Any:
    """What a function says that it returns; `None` if it says nothing. Errors: as `hints_of`."""
    if not inspect.isroutine(fn) and hasattr(fn, "__call__"):
        fn = fn.__call__
    # An object may have no hash; the function behind its method has one.
    return _result_type(getattr(fn, "__func__", fn))


@functools.cache
def _result_type(fn: Any) -> Any:
    hint = hints_of(fn).get("return")
    return None if hint is type(None) else hint


@typing.overload
def defn(cls: C) -> C: ...


@typing.overload
def defn(
    *,
    name: str | None = None,
    sandboxed: bool = True,
    dynamic: bool = False,
    failure_exception_types: typing.Sequence[type[BaseException]] = (),
    versioning_behavior: VersioningBehavior = VersioningBehavior.UNSPECIFIED,
) -> Callable[[C], C]: ...


def defn(
    cls: Any = None,
    *,
    name: str | None = None,
    sandboxed: bool = True,
    dynamic: bool = False,
    failure_exception_types: typing.Sequence[type[BaseException]] = (),
    versioning_behavior: Any = None,
) -> Any:
    """Makes a class a workflow. There is no sandbox to leave: a component sees nothing but what the host hands it."""

    def decorate(cls: type) -> type:
        run, init, config, handlers = None, False, None, {}
        for base in reversed(cls.__mro__):
            for attribute, value in vars(base).items():
                if getattr(value, _RUN, False):
                    run = value
                if getattr(value, _CONFIG, False):
                    config = value
                if attribute == "__init__":
                    init = getattr(value, _INIT, False)
                if (handler := getattr(value, _HANDLER, None)) is not None:
                    handlers[attribute] = handler
                else:
                    handlers.pop(attribute, None)
        if run is None:
            raise ValueError(f"workflow {cls.__name__} has no method with `@workflow.run`")
        named: dict[tuple[str, str | None], Handler] = {}
        for handler in handlers.values():
            if (other := named.setdefault((handler.kind, handler.name), handler)) is not handler:
                raise ValueError(
                    f"workflow {cls.__name__} has two handlers of {handler.kind} {handler.name}: "
                    f"{other.fn.__name__} and {handler.fn.__name__}"
                )
        if config is not None and not dynamic:
            raise ValueError(f"workflow {cls.__name__} has `@workflow.dynamic_config`, expected it only with `dynamic=True`")
        if dynamic and name is not None:
            raise ValueError("a dynamic workflow has no name")
        workflow_type = None if dynamic else name or cls.__name__
        for known in workflows:
            if known.name == workflow_type and known.cls is not cls:
                raise ValueError(f"two workflows of type `{workflow_type}`: {known.cls} and {cls}")
        failures = tuple(failure_exception_types)
        workflow = Workflow(workflow_type, cls, run, failures, list(named.values()), init, config)
        setattr(cls, _WORKFLOW, workflow)
        workflows.append(workflow)
        return cls

    return decorate if cls is None else decorate(cls)


def run(fn: F) -> F:
    """The method that is the workflow."""
    if not inspect.iscoroutinefunction(fn):
        raise ValueError(f"`@workflow.run` is on {fn.__qualname__}, expected an `async def`")
    setattr(fn, _RUN, True)
    return fn


def dynamic_config(fn: F) -> F:
    """For a method of a dynamic workflow that gives its `DynamicWorkflowConfig`."""
    setattr(fn, _CONFIG, True)
    return fn


def init(init_fn: F) -> F:
    """For an `__init__` that takes the arguments of the workflow."""
    if init_fn.__name__ != "__init__":
        raise ValueError(f"`@workflow.init` is on {init_fn.__qualname__}, expected `__init__`")
    setattr(init_fn, _INIT, True)
    return init_fn


def _handler(kind: str, fn: Any, name: str | None, dynamic: bool, options: dict[str, Any]) -> Any:
    def decorate(fn: Any) -> Any:
        if name is not None and dynamic:
            raise ValueError(f"a dynamic {kind} has no name")
        setattr(fn, _HANDLER, Handler(kind, None if dynamic else name or fn.__name__, fn, **options))
        return fn

    return decorate if fn is None else decorate(fn)


@typing.overload
def signal(fn: F) -> F: ...


@typing.overload
def signal(
    *,
    name: str | None = None,
    dynamic: bool = False,
    unfinished_policy: HandlerUnfinishedPolicy = HandlerUnfinishedPolicy.WARN_AND_ABANDON,
    description: str | None = None,
) -> Callable[[F], F]: ...


def signal(
    fn: Any = None,
    *,
    name: str | None = None,
    dynamic: bool = False,
    unfinished_policy: HandlerUnfinishedPolicy = HandlerUnfinishedPolicy.WARN_AND_ABANDON,
    description: str | None = None,
) -> Any:
    """A method that takes a signal. `dynamic`: `(self, name: str, args: Sequence[RawValue])` takes all others."""
    options = {"unfinished_policy": unfinished_policy, "description": description or ""}
    return _handler("signal", fn, name, dynamic, options)


@typing.overload
def query(fn: F) -> F: ...


@typing.overload
def query(
    *,
    name: str | None = None,
    dynamic: bool = False,
    description: str | None = None,
) -> Callable[[F], F]: ...


def query(fn: Any = None, *, name: str | None = None, dynamic: bool = False, description: str | None = None) -> Any:
    """A method that answers a question about the state of the run, and changes nothing."""
    return _handler("query", fn, name, dynamic, {"description": description or ""})


class UpdateMethodMultiParam(typing.Protocol[P, R]):
    """What `@workflow.update` makes of a method."""

    def __call__(self, *args: P.args, **options: P.kwargs) -> R | Awaitable[R]: ...

    def validator(self, vfunc: Callable[P, None]) -> Callable[P, None]:
        """Makes a method say whether the update may run: it raises if not."""
        ...


@typing.overload
def update(fn: Callable[P, Awaitable[R]]) -> UpdateMethodMultiParam[P, R]: ...


@typing.overload
def update(fn: Callable[P, R]) -> UpdateMethodMultiParam[P, R]: ...


@typing.overload
def update(
    *,
    name: str | None = None,
    dynamic: bool = False,
    unfinished_policy: HandlerUnfinishedPolicy = HandlerUnfinishedPolicy.WARN_AND_ABANDON,
    description: str | None = None,
) -> Callable[[Callable[P, R]], UpdateMethodMultiParam[P, R]]: ...


def update(
    fn: Any = None,
    *,
    name: str | None = None,
    dynamic: bool = False,
    unfinished_policy: HandlerUnfinishedPolicy = HandlerUnfinishedPolicy.WARN_AND_ABANDON,
    description: str | None = None,
) -> Any:
    """A method that is called and answers. `@<it>.validator` makes another one say whether it may be called."""

    def decorate(fn: Any) -> Any:
        options = {"unfinished_policy": unfinished_policy, "description": description or ""}
        fn = _handler("update", fn, name, dynamic, options)

        def validator(check: Any) -> Any:
            if inspect.iscoroutinefunction(check):
                raise ValueError(f"the validator {check.__qualname__} is async, expected a plain `def`")
            getattr(fn, _HANDLER).validator = check
            return check

        fn.validator = validator
        return fn

    return decorate if fn is None else decorate(fn)


def name_of_handler(kind: str, handler: Any) -> str:
    """Of a name, or of a method with the decorator."""
    if isinstance(handler, str):
        return handler
    it = getattr(handler, _HANDLER, None)
    if it is None or it.kind != kind or it.name is None:
        raise TypeError(f"{handler!r} is no {kind}: expected its name, or a method with `@workflow.{kind}`")
    return it.name


def name_of_workflow(workflow: Any) -> tuple[str, Any]:
    """The type and what it returns; of a name, a class with `@workflow.defn` or its method with `@workflow.run`."""
    if isinstance(workflow, str):
        return workflow, None
    if isinstance(workflow, type):
        it = getattr(workflow, _WORKFLOW, None)
    else:
        # The class is named only once its body has been run.
        fn = getattr(workflow, "__func__", workflow)
        it = next((it for it in workflows if it.run is fn), None)
    if it is None:
        raise TypeError(f"{workflow!r} is no workflow: expected its name, or a method with `@workflow.run`")
    if it.name is None:
        raise TypeError(f"{workflow!r} is dynamic: start it by a name")
    return it.name, result_type(it.run)


def takes_raw(hints: list[Any]) -> bool:
    """Does what is dynamic take the payloads as they are, in one list?"""
    return bool(hints) and typing.get_args(hints[0])[:1] == (RawValue,)
