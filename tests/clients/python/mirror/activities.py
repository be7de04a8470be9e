"""The activities of both sides: one worker for each server runs them."""

import asyncio

from temporalio import activity
from temporalio.exceptions import ApplicationError


@activity.defn
async def greet(name: str) -> str:
    return f"hello {name}"


@activity.defn
async def fails(times: int) -> int:
    """Fails as many attempts as asked for, then answers with the attempt."""
    attempt = activity.info().attempt
    if attempt <= times:
        raise ApplicationError(f"attempt {attempt} fails", attempt, type="OnPurpose")
    return attempt


@activity.defn
async def refuses(kind: str) -> None:
    raise ApplicationError("refused", "by", "the activity", type=kind)


@activity.defn
async def stalls() -> None:
    """Ends when it is canceled, whatever its heartbeats tell."""
    activity.heartbeat("begun")
    patience = activity.info().heartbeat_timeout
    while True:
        # Where it may be silent for a second only, it is silent.
        if patience and patience.total_seconds() > 1:
            activity.heartbeat("going on")
        await asyncio.sleep(0.05)


@activity.defn
async def later() -> str:
    """Someone else completes it."""
    activity.raise_complete_async()


@activity.defn
async def shout(name: str) -> str:
    """A local activity; for Refrain it is in `guest-examples/rust/mirror-activities`."""
    return name.upper()


@activity.defn
async def balks(why: str) -> None:
    """A local activity; for Refrain it is in `guest-examples/rust/mirror-activities`."""
    raise ApplicationError(why, type="Balked", non_retryable=True)


ALL = [greet, fails, refuses, stalls, later, shout, balks]
