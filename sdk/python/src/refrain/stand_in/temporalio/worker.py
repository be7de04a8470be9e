"""Named by files that are more than workflows; not to be used in one."""

from typing import Any


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(name)

    class Elsewhere:
        def __init__(self, *args: object, **options: object) -> None:
            raise RuntimeError(f"this is a workflow: temporalio.worker.{name} is for other programs")

    return Elsewhere
