"""What is told when a component can't be made: by its author's files, with what to do about it."""

from __future__ import annotations

import re
import sys
from pathlib import Path

#: Frames that are no news to an author: of what calls the author's files, and of the decorators.
MACHINERY = re.compile(r'  File "(/[012]/|/python/importlib/|<frozen importlib)')
FRAME, OF_A_FRAME = "  File ", "    "


def in_words_of_the_author(said: str, root: Path, nth: int) -> str:
    """What componentize-py says of an error in the program: in it, the folders are named by numbers."""
    _, mark, error = said.partition("AssertionError: ")
    error, _, _ = (error if mark else said).partition("\n\nCaused by:")
    told = "\n".join(_without_machinery(error.rstrip().split("\n")))
    hint = _hint(error.rstrip())
    return told.replace(f'File "/{nth}/', f'File "{root}/') + (f"\nhint: {hint}" if hint else "")


def _without_machinery(lines: list[str]) -> list[str]:
    kept: list[str] = []
    is_kept = True
    for line in lines:
        if line.startswith(FRAME):
            is_kept = MACHINERY.match(line) is None
        elif not line.startswith(OF_A_FRAME):
            is_kept = True
        if is_kept:
            kept.append(line)
    return kept


def _hint(error: str) -> str | None:
    last = error.rpartition("\n")[2]
    if missing := re.match(r"ModuleNotFoundError: No module named '([^']+)'", last):
        return _of_native(missing[1]) or _of_missing(missing[1])
    # A folder beside a native module stands in for it, empty.
    if empty := re.match(r"ImportError: cannot import name '[^']+' from '([^']+)' \(unknown location\)", last):
        return _of_native(empty[1])
    if re.match(r"(FileNotFound|Permission|NotADirectory|IsADirectory|OS)Error: ", last) or "in __getitem__\nKeyError" in error:
        return (
            "what stands at the top of a file runs once, when the component is built, in no folder and without environment: "
            "name files by `__file__`, take settings as arguments of the workflow, or read them in an activity"
        )
    if re.match(r"socket\.\w+: ", last):
        return "what stands at the top of a file runs once, when the component is built, and without a network: use it in an activity"
    return None


def _of_native(module: str) -> str | None:
    package, where = module.partition(".")[0], Path(*module.split("."))
    if package in sys.stdlib_module_names:
        return f"`{module}` of Python's own library is not in a component: do in an activity what needs it"
    for folder in sys.path:
        if any(it.suffix in (".so", ".pyd") for it in (Path(folder) / where).parent.glob(f"{where.name}.*")):
            return (
                f"`{package}` has native code, which can't be in a component: do in an activity what needs it, "
                "and keep it out of what the files of workflows import"
            )
    return None


def _of_missing(module: str) -> str:
    package, _, inner = module.partition(".")
    if inner:
        return f"`{package}` is there, and has no such module"
    return (
        f"`{sys.executable} -m pip install {package}`, if that is its name there; the package must be pure Python. "
        "A file of your own lies beside the one that is built"
    )
