"""What is told of workflows that can't be built.

    PYTHONPATH=src python test/mistakes.py
"""

import sys
import tempfile
import unittest
from pathlib import Path
from typing import TYPE_CHECKING, Any

from refrain import _definitions as definitions
from refrain import workflow
from refrain.told import in_words_of_the_author

if TYPE_CHECKING:
    from orders import Order  # type: ignore[import-not-found]


class Unknown:
    @workflow.run
    async def run(self, order: "Order") -> None: ...


class Named:
    @workflow.run
    async def run(self, *, id: str) -> None: ...


class Alone:
    @workflow.run
    async def run() -> None: ...  # type: ignore[misc]


class Made:
    def __init__(self, id: str) -> None: ...

    @workflow.run
    async def run(self, id: str) -> None: ...


class Unlike:
    @workflow.init
    def __init__(self) -> None: ...

    @workflow.run
    async def run(self, id: str) -> None: ...


class Checked:
    @workflow.run
    async def run(self) -> None: ...

    @workflow.update
    def change(self, n: int) -> None: ...

    @change.validator
    def check(self) -> None: ...  # type: ignore[misc]


class Whatever:
    @workflow.run
    async def run(self) -> None: ...

    @workflow.signal(dynamic=True)
    def any(self, n: int) -> None: ...


TOLD = {
    Unknown: "the types of `Unknown.run` can't be looked up: name 'Order' is not defined; "
    "values are read by them: import them not only under `if TYPE_CHECKING`",
    Named: "`run(self, *, id: str) -> None` takes `id` by its name only, expected it before the `*`",
    Alone: "`run() -> None` takes no `self`",
    Made: "`__init__(self, id: str) -> None` is given no arguments (missing a required argument: 'id'): "
    "with `@workflow.init` it is given those of the workflow",
    Unlike: "`__init__(self) -> None` with `@workflow.init`, and `run(self, id: str) -> None`: "
    "expected them to take the same arguments",
    Checked: "`change(self, n: int) -> None`, its validator `(self) -> None`: expected them to take the same arguments",
    Whatever: "`any(self, n: int) -> None` takes any signal, expected it to take its name and `Sequence[RawValue]`",
}

#: As componentize-py says it.
SAID = """AssertionError: Traceback (most recent call last):
  File "/0/refrain_app.py", line 3, in <module>
    modules = [importlib.import_module(name) for name in ['workflow']]
               ~~~~~~~~~~~~~~~~~~~~~~~^^^^^^
  File "/python/importlib/__init__.py", line 88, in import_module
    return _bootstrap._gcd_import(name[level:], package, level)
  File "/3/workflow.py", line 4, in <module>
    do()
{error}

Caused by:
    wasm trap"""

FRAMES = """Traceback (most recent call last):
  File "/shop/workflow.py", line 4, in <module>
    do()
"""


def told(error: str) -> str:
    return in_words_of_the_author(SAID.format(error=error), Path("/shop"), nth=3).removeprefix(FRAMES)


class Mistakes(unittest.TestCase):
    def test_a_definition_that_can_not_be_called_is_told(self) -> None:
        for cls, expected in TOLD.items():
            named: Any = workflow.defn(cls)
            with self.subTest(cls.__name__), self.assertRaises(TypeError) as raised:
                next(it for it in definitions.workflows if it.cls is named).seal()
            self.assertEqual(str(raised.exception), expected)

    def test_an_error_at_the_top_of_a_file_is_told_with_the_authors_files_and_what_to_do(self) -> None:
        self.assertEqual(told("ValueError: no"), "ValueError: no")
        nowhere = "ModuleNotFoundError: No module named 'frobnicate'"
        install = f"{nowhere}\nhint: `{sys.executable} -m pip install frobnicate`, if that is its name there; "
        here = "the package must be pure Python. A file of your own lies beside the one that is built"
        self.assertEqual(told(nowhere), install + here)
        self.assertRegex(told("socket.gaierror: [Errno -4] Non-recoverable error"), "hint: .*without a network")
        self.assertRegex(told("ModuleNotFoundError: No module named '_ssl'"), "hint: `_ssl` of Python's own library")
        at_build = "hint: what stands at the top of a file runs once, when the component is built, in no folder"
        self.assertIn(at_build, told("FileNotFoundError: [Errno 44] No such file or directory: 'shop.toml'"))
        self.assertIn(at_build, told('  File "<frozen os>", line 709, in __getitem__\nKeyError: \'API_KEY\''))

    def test_native_code_is_told_as_what_it_is(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "fast").mkdir()
            (Path(folder) / "fast/_core.cpython-314.so").touch()
            sys.path.append(folder)
            for error in [
                "ModuleNotFoundError: No module named 'fast._core'",
                "ImportError: cannot import name 'It' from 'fast._core' (unknown location)",
            ]:
                self.assertIn("\nhint: `fast` has native code, which can't be in a component", told(error))
            sys.path.remove(folder)


if __name__ == "__main__":
    unittest.main()
