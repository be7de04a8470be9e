"""The host's functions, or nothing outside of a component: a file of workflows can be imported anywhere."""

from __future__ import annotations

from typing import Any

try:
    import componentize_py_async_support as support
    import componentize_py_runtime as runtime
    from componentize_py_async_support.futures import FutureReader
    from componentize_py_types import Err, Ok
    from wit_world.imports import (
        activities,
        children,
        context,
        external,
        lifecycle,
        operations,
        signals,
        state,
        timers,
        types,
    )

    IS_COMPONENT = True
except ImportError:

    class _Nothing:
        """What only a host can do: its use says so."""

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError("not in a workflow: this only works in a component that a host runs")

    IS_COMPONENT = False
    support = runtime = FutureReader = None
    activities = children = context = external = lifecycle = _Nothing()
    operations = signals = state = timers = types = _Nothing()

    class Ok:  # type: ignore[no-redef]
        pass

    class Err(Exception):  # type: ignore[no-redef]
        pass


__all__ = [
    "IS_COMPONENT",
    "Err",
    "FutureReader",
    "Ok",
    "activities",
    "children",
    "context",
    "external",
    "lifecycle",
    "operations",
    "runtime",
    "signals",
    "state",
    "support",
    "timers",
    "types",
]
