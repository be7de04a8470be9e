"""Named by files that are more than workflows; not to be used in one."""

from typing import Any

from refrain.worker import elsewhere


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)
    return elsewhere(f"temporalio.client.{name}")
