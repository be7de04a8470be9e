"""Python's own random numbers. What a query or a validator draws is drawn again by the program, as in replay, where nobody
asks. To keep the state costs more than most queries do, so that is put off until there is a draw."""

from __future__ import annotations

import contextlib
import functools
import random
from collections.abc import Callable, Iterator
from typing import Any

_INSTANCE: Any = random._inst
#: What changes the state, or what is used by what does.
_CHANGES = ("getrandbits", "random", "seed", "setstate")

_is_borrowed = False
_before: Any = None


def _keeping(fn: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fn)
    def change(*args: Any, **options: Any) -> Any:
        global _before
        if _is_borrowed and _before is None:
            _before = _INSTANCE.getstate()
        return fn(*args, **options)

    return change


def watch() -> None:
    """Before the author's files are imported: they may take functions by their names."""
    for name in _CHANGES:
        change = _keeping(getattr(_INSTANCE, name))
        setattr(_INSTANCE, name, change)
        setattr(random, name, change)


@contextlib.contextmanager
def borrowed() -> Iterator[None]:
    """What is drawn in here is given back."""
    global _is_borrowed, _before
    _is_borrowed = True
    # `gauss` makes two numbers at a time and keeps one.
    other_half = _INSTANCE.gauss_next
    try:
        yield
    finally:
        _is_borrowed = False
        if _before is not None:
            _INSTANCE.setstate(_before)
            _before = None
        _INSTANCE.gauss_next = other_half
