"""In a component, Temporal's package is this one: files of workflows are built as they stand."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType

from refrain.worker import elsewhere

#: Modules of Temporal's that have nothing for workflows. They can be named, with all that is in them.
OTHERS = ["api", "bridge", "contrib", "envconfig", "nexus", "plugin", "runtime", "service", "testing", "types"]
OTHERS += ["worker.workflow_sandbox"]


class Others:
    """Finds them, and makes each of nothing."""

    def find_spec(self, name: str, path: object, target: object = None) -> ModuleSpec | None:
        is_one = any(f"{name}.".startswith(f"{__name__}.{it}.") for it in OTHERS)
        return ModuleSpec(name, self, is_package=True) if is_one else None  # type: ignore[arg-type]

    def create_module(self, spec: ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        def named(name: str) -> type:
            if name.startswith("__"):
                raise AttributeError(name)
            return elsewhere(f"{module.__name__}.{name}")

        module.__getattr__ = named  # type: ignore[method-assign]


def some_elsewhere(module: str, names: Sequence[str]) -> object:
    """A `__getattr__` for these names of a module."""

    def named(name: str) -> type:
        if name not in names:
            raise AttributeError(f"module {module} has no {name}", name=name)
        return elsewhere(f"{module}.{name}")

    return named


sys.meta_path.append(Others())  # type: ignore[arg-type]
