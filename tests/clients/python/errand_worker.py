"""Activities that a test holds by the hand, on Temporal's own worker.

What is outside is a directory: `watch` asks a file there again and again. Each line on stdout is something
that happened, so that a test can wait for it and count it. `errand_worker.mjs` does the same.
"""

import argparse
import asyncio
import base64
import signal
from datetime import timedelta
from pathlib import Path

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker

from program import run

ASK_EVERY_SECONDS = 0.05


def say(text: str) -> None:
    print(text, flush=True)


class Errands:
    def __init__(self, outside: Path, hold_after: int) -> None:
        self.outside = outside
        self.hold_after = hold_after
        self.n_begun = 0
        self.n_running = 0
        self.n_running_max = 0

    def seen(self, parcel: str) -> list[str]:
        file = self.outside / parcel
        return file.read_text().splitlines() if file.exists() else []

    @activity.defn
    async def watch(self, parcel: str, quiet: bool = False) -> str:
        """Until the file says `delivered`. The progress is how many lines were seen."""
        info = activity.info()
        n_seen = info.heartbeat_details[0] if info.heartbeat_details else 0
        say(f"watch {parcel} attempt {info.attempt} from {n_seen}")
        try:
            while True:
                lines = self.seen(parcel)
                for line in lines[n_seen:]:
                    say(f"{parcel} {line}")
                n_seen = len(lines)
                if not quiet:
                    activity.heartbeat(n_seen)
                if "delivered" in lines:
                    return f"{parcel} after {n_seen}"
                await asyncio.sleep(ASK_EVERY_SECONDS)
        except asyncio.CancelledError:
            details = activity.cancellation_details()
            why = [name for name, is_so in vars(details).items() if is_so] if details else []
            say(f"watch {parcel} stopped: {' '.join(why)}")
            raise

    @activity.defn
    async def forget(self, parcel: str) -> None:
        say(f"forget {parcel}")

    @activity.defn
    async def fail(self, kind: str, times: int, non_retryable: bool, next_delay_ms: int | None) -> str:
        attempt = activity.info().attempt
        say(f"fail attempt {attempt}")
        if attempt <= times:
            delay = None if next_delay_ms is None else timedelta(milliseconds=next_delay_ms)
            raise ApplicationError(
                f"attempt {attempt} fails", type=kind, non_retryable=non_retryable, next_retry_delay=delay
            )
        return f"attempt {attempt}"

    @activity.defn
    async def elsewhere(self) -> str:
        """Somebody else completes it, by this token."""
        info = activity.info()
        say(f"elsewhere attempt {info.attempt} token {base64.b64encode(info.task_token).decode()}")
        activity.raise_complete_async()

    @activity.defn
    async def noop(self) -> None:
        self.n_running += 1
        if self.n_running > self.n_running_max:
            self.n_running_max = self.n_running
            say(f"{self.n_running_max} at once")
        self.n_begun += 1
        if self.n_begun > self.hold_after:
            if self.n_begun == self.hold_after + 1:
                say("holds what it has")
            await asyncio.Event().wait()
        await asyncio.sleep(0.02)
        self.n_running -= 1


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--task-queue", required=True)
    parser.add_argument("--outside", type=Path, required=True)
    parser.add_argument("--at-once", type=int, default=100)
    parser.add_argument("--hold-after", type=int, default=10**9, help="activities of `noop`, then none is completed")
    args = parser.parse_args()

    client = await Client.connect(args.address)
    errands = Errands(args.outside, args.hold_after)
    worker = Worker(
        client,
        task_queue=args.task_queue,
        activities=[errands.watch, errands.forget, errands.fail, errands.elsewhere, errands.noop],
        max_concurrent_activities=args.at_once,
        max_heartbeat_throttle_interval=timedelta(milliseconds=100),
        default_heartbeat_throttle_interval=timedelta(milliseconds=100),
        graceful_shutdown_timeout=timedelta(seconds=20),
    )
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    async with worker:
        say("ready")
        await stop.wait()
        say("stopping")
    say("stopped")


run(main())
