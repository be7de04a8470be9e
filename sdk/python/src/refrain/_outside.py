"""What a workflow has none of, and says so when it is used: blocking, threads, processes."""

from __future__ import annotations

import subprocess
import threading
import time
from typing import Any, NoReturn


def _refusal(what: str) -> Any:
    def refuse(*args: Any, **options: Any) -> NoReturn:
        raise RuntimeError(what)

    return refuse


def forbid() -> None:
    """From here on: what files do while they are imported is their own affair."""
    time.sleep = _refusal("a workflow can't block: await `asyncio.sleep`, which is a timer")
    threading.Thread.start = _refusal("a workflow has no threads: do this in an activity")  # type: ignore[method-assign]
    subprocess.Popen.__init__ = _refusal("a workflow has no processes: do this in an activity")  # type: ignore[method-assign]
