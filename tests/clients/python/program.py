"""How a program here runs and ends."""

import asyncio
import os
import sys
import traceback
from collections.abc import Coroutine
from typing import Any, NoReturn


def run(main: Coroutine[Any, Any, int | None]) -> NoReturn:
    """Runs `main` and exits with the code it returns, 0 for none, 1 if it raised.

    Python's own way to end a process is left out: threads of Temporal's client may still reach for the interpreter then,
    which aborts the process at times (github.com/temporalio/sdk-python/issues/300).
    """
    try:
        code = asyncio.run(main) or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
