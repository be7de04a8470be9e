"""The exports of a workflow component."""

from __future__ import annotations

import contextlib
import gc
import linecache
import sys
from collections.abc import Sequence
from typing import Any

# What Python imports late, and can't any more once it is in a component.
import _strptime  # noqa: F401
import concurrent.futures.thread  # noqa: F401
import encodings.ascii  # noqa: F401
import encodings.idna  # noqa: F401
import encodings.latin_1  # noqa: F401
import datetime  # noqa: F401
import decimal  # noqa: F401
import fractions  # noqa: F401
import hashlib  # noqa: F401
import secrets  # noqa: F401
import statistics  # noqa: F401
import string  # noqa: F401
import textwrap  # noqa: F401
import traceback  # noqa: F401
import uuid  # noqa: F401

import wit_world
from wit_world.imports import definitions as host_definitions

from . import _definitions as definitions
from . import __version__, _chance, _failures, _lasting, _loop, _outside, _run, activity, worker
from . import _host as host
from .converter import RawValue, WrongType, from_payloads
from .exceptions import ApplicationError

#: What a dynamic workflow is called.
ANY_TYPE = "*"

SDK = (_failures.SOURCE, __version__)


def _workflow(workflow_type: str) -> definitions.Workflow:
    dynamic = None
    for it in definitions.workflows:
        if it.name == workflow_type:
            return it
        if it.name is None:
            dynamic = it
    if dynamic is None:
        told = f"no workflow type `{workflow_type}` in this component"
        raise ApplicationError(told, type="WorkflowNotFound", non_retryable=True)
    return dynamic


def _arguments(workflow: definitions.Workflow, args: list[Any]) -> list[Any]:
    if workflow.name is None and definitions.takes_raw(workflow.parameters.types):
        return [[RawValue(it) for it in args]]
    try:
        values = from_payloads(args, workflow.parameters.types)
        workflow.parameters.check(values)
        return values
    except TypeError as error:
        raise WrongType(f"the arguments of workflow {workflow.name}: {error}") from error


class WitWorld(wit_world.WitWorld):
    """What the world `workflow` exports, for all workflows that were imported."""

    async def run(self, workflow_type: str, args: list[Any]) -> Any:
        try:
            workflow = _workflow(workflow_type)
            run = _run.current = _run.Run(workflow, _arguments(workflow, args))
            return await run.outcome()
        except host.Err:
            raise
        except ApplicationError as error:
            raise host.Err(_failures.to_failure(error)) from None
        except BaseException as error:
            _run.mistake(error)

    def query(self, name: str, args: list[Any]) -> list[Any]:
        try:
            return [_run.run().query(name, args)]
        except Exception as error:
            raise host.Err(_failures.to_failure(error)) from None

    def validate_update(self, update: Any) -> None:
        try:
            _run.run().validate(update)
        except Exception as error:
            raise host.Err(_failures.to_failure(error)) from None

    async def update(self, update: Any) -> list[Any]:
        try:
            return [await _run.run().update(update)]
        except host.Err:
            raise
        except (ApplicationError, TypeError) as error:
            raise host.Err(_failures.to_failure(error)) from None
        except BaseException as error:
            _run.mistake(error)

    def definition(self) -> Any:
        named: dict[str, dict[str, str]] = {"signal": {}, "query": {}, "update": {}}
        for workflow in definitions.workflows:
            for handler in workflow.handlers:
                if handler.name is not None:
                    text = handler.description or _first_paragraph(handler.fn.__doc__)
                    named[handler.kind].setdefault(handler.name, text)
        types = {it.name or ANY_TYPE: _first_paragraph(it.cls.__doc__) for it in definitions.workflows}
        return host_definitions.WorkflowDefinition(
            _named(types),
            _named(named["signal"]),
            _named(named["query"]),
            _named(named["update"]),
            host_definitions.Sdk(*SDK),
        )


def _named(texts: dict[str, str]) -> list[Any]:
    return [host_definitions.Named(name, text) for name, text in texts.items()]


def _first_paragraph(text: str | None) -> str:
    return " ".join((text or "").strip().split("\n\n")[0].split())


def seal(author_root: str, modules: Sequence[Any]) -> None:
    """To be called when all workflows were imported: from here on nothing is read from files."""
    if not definitions.workflows:
        raise SystemExit("there is no workflow here: expected a class with `@workflow.defn`")
    for workflow in definitions.workflows:
        try:
            workflow.seal()
        except TypeError as error:
            code = workflow.run.__code__
            raise SystemExit(f'  File "{code.co_filename}", in {workflow.cls.__qualname__}\n{error}') from None
    for fn in [*activity.activities, *(it.run for it in definitions.workflows)]:
        # Once for all runs. What is wrong with it is said by a run that calls it.
        with contextlib.suppress(TypeError):
            definitions.result_type(fn)
    _failures.author_root = author_root
    for module in modules:
        listed = worker.inbound_classes(getattr(module, "interceptors", ()))
        # Files may share them.
        _run.interceptors += [it for it in listed if it not in _run.interceptors]
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if file and file.startswith(author_root):
            lines = linecache.getlines(file)
            # Without a time: it is not looked for again.
            linecache.cache[file] = (0, None, lines, file)
    _outside.forbid()
    gc.collect()
    _lasting.keep_all()
    _wipe()
    gc.freeze()
    gc.disable()


def _wipe() -> None:
    """Fills free memory with zeros, which need no room in a component: what was left there while files were compiled
    would be a twentieth of it."""
    n_largest = 256 << 10
    end = max(map(id, gc.get_objects())) + n_largest
    held = []
    n_bytes = n_largest
    # The smallest ones are few, and some of them are there once for all.
    while n_bytes > 16:
        while id(zeros := bytes(n_bytes)) < end:
            held.append(zeros)
        n_bytes = n_bytes * 7 // 8 if n_bytes > 1024 else n_bytes - 16


_chance.watch()
_outside.guard()
_loop.install()
