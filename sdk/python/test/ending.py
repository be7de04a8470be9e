"""Holds the kit against threads of Temporal's that are slow: none is still in Python when a test's host is gone, where the end of
Python would meet it. Needs `temporalio`, `refrain` and a component.

    PYTHONPATH=src python test/ending.py workflow.wasm
"""

import asyncio
import sys
import threading
import time

from refrain import testing


class Slow(asyncio.SelectorEventLoop):
    """A thread that was not begun in Python is held up after it woke the loop, as on a busy machine."""

    n_woke = 0
    n_left = 0

    def _write_to_self(self) -> None:
        super()._write_to_self()  # type: ignore[misc]
        if threading.get_ident() not in {it.ident for it in threading.enumerate()}:
            self.n_woke += 1
            time.sleep(0.2)
            self.n_left += 1


async def main(loop: Slow) -> None:
    async with testing.environment(sys.argv[1], {"charge": lambda: None}):
        pass
    assert 0 < loop.n_woke == loop.n_left, f"{loop.n_woke} threads woke the loop, {loop.n_left} have left"


loop = Slow()
try:
    loop.run_until_complete(main(loop))
finally:
    loop.close()
