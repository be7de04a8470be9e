"""What a program sees of the world: clocks, chance, files, sockets, and what its own numbers, sets and hashes
are like. It tells it once as it happens, line by line, and once as its result: after a wait, when its memory may
have been lost and made again.
"""

import asyncio
import math
import os
import random
import secrets
import struct
import sys
import threading
import time
import uuid
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from refrain import workflow


def attempt(what: Callable[[], Any]) -> str:
    """What came of it: its value, or its error."""
    try:
        return repr(what())
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def connect() -> str:
    import socket

    with socket.create_connection(("127.0.0.1", 80), timeout=1) as connection:
        return repr(connection)


def bits(number: float) -> str:
    return struct.pack(">d", number).hex()


@workflow.defn(name="sandbox")
class Sandbox:
    def __init__(self) -> None:
        self.told: list[str] = []

    @workflow.run
    async def run(self) -> list[str]:
        """What it saw."""
        self.tell_the_time()
        self.tell_chance()
        self.tell_surroundings()
        self.tell_values()
        await asyncio.sleep(0.02)
        self.tell_the_time()
        await asyncio.sleep(0.02)
        self.tell_the_time()
        return self.told

    def tell(self, what: str, value: object) -> None:
        """Says a line, and keeps it."""
        line = f"{what}: {value}"
        print(line)
        self.told.append(line)

    def tell_the_time(self) -> None:
        self.tell("time.time", time.time())
        self.tell("time.monotonic_ns", time.monotonic_ns())
        self.tell("time.perf_counter", time.perf_counter())
        self.tell("datetime.now", datetime.now())
        self.tell("datetime.now in UTC", datetime.now(timezone.utc))
        self.tell("workflow.now", workflow.now())

    def tell_chance(self) -> None:
        self.tell("random.random", [random.random(), random.random()])
        self.tell("random of its own", random.Random().random())
        self.tell("random.SystemRandom", random.SystemRandom().random())
        self.tell("random bytes", os.urandom(8).hex())
        self.tell("random token", secrets.token_hex(8))
        self.tell("uuid.uuid4", uuid.uuid4())
        self.tell("uuid.uuid1", uuid.uuid1())
        self.tell("workflow.uuid4", workflow.uuid4())

    def tell_surroundings(self) -> None:
        self.tell("environment", dict(os.environ))
        self.tell("arguments", sys.argv)
        self.tell("directory", attempt(os.getcwd))
        self.tell("list of files", attempt(lambda: os.listdir("/")))
        self.tell("file to read", attempt(lambda: open("/etc/passwd").read()))
        self.tell("file to write", attempt(lambda: open("/told.txt", "w").write("told")))
        self.tell("stdin", repr(sys.stdin.read()))
        self.tell("wait that blocks", attempt(lambda: time.sleep(0.02)))
        self.tell("socket", attempt(connect))
        self.tell("thread", attempt(lambda: threading.Thread(target=print).start()))
        self.tell("process", attempt(lambda: os.system("true")))

    def tell_values(self) -> None:
        infinite = math.inf
        nans = [infinite - infinite, infinite * 0.0, float("nan"), -(infinite - infinite)]
        self.tell("NaN", [bits(it) for it in nans])
        words = "do re mi fa sol la ti".split()
        self.tell("set of words", list(set(words)))
        self.tell("set of bytes", list({word.encode() for word in words}))
        self.tell("dictionary", dict.fromkeys(reversed(words)))
        self.tell("hashes", [hash("do"), hash(b"re"), hash(1.5), hash((1, "mi"))])
        self.tell("set of classes", [it.__name__ for it in {int, str, dict, list, Sandbox}])
        self.tell("identity", id(self.told) == id(self.told))
