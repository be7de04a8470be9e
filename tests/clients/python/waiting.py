"""Waiting for what comes about by itself."""

import asyncio
from collections.abc import Awaitable, Callable

PATIENCE_S = 20.0


async def eventually(look: Callable[[], Awaitable[bool]]) -> None:
    async def poll() -> None:
        while not await look():
            await asyncio.sleep(0.02)

    await asyncio.wait_for(poll(), PATIENCE_S)
