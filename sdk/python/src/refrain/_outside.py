"""What a workflow has none of, and says so when it is used: blocking, threads, processes."""

from __future__ import annotations

import functools
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

_is_forbidden = False


def _refusable(fn: Callable[..., Any], what: str) -> Any:
    @functools.wraps(fn)
    def call(*args: Any, **options: Any) -> Any:
        if _is_forbidden:
            raise RuntimeError(what)
        return fn(*args, **options)

    return call


def guard() -> None:
    """Before the author's files are imported: they may import what is refused later by its name."""
    time.sleep = _refusable(time.sleep, "a workflow can't block: await `asyncio.sleep`, which is a timer")
    start = _refusable(threading.Thread.start, "a workflow has no threads: do this in an activity")
    threading.Thread.start = start  # type: ignore[method-assign]
    opened = _refusable(subprocess.Popen.__init__, "a workflow has no processes: do this in an activity")
    subprocess.Popen.__init__ = opened  # type: ignore[method-assign]


def forbid() -> None:
    """From here on: what files do while they are imported is their own affair."""
    global _is_forbidden
    _is_forbidden = True
