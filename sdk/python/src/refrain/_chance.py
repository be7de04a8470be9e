"""Python's own random numbers. What a query or a validator draws is drawn again by the program, as in replay, where nobody
asks. To make the state takes a seventh of what a run takes to begin, to keep it more than most queries do: both are put
off until there is a draw."""

from __future__ import annotations

import functools
import random
from collections.abc import Callable
from typing import Any

_INSTANCE: Any = random._inst
#: What reads or changes the state, or what is used by what does.
_USES = ("getrandbits", "random", "seed", "getstate", "setstate")

_getstate: Callable[[], Any] = _INSTANCE.getstate
_seed: Callable[[int], None] = _INSTANCE.seed
#: What to begin with at the first use.
_unused: int | None = None

_is_borrowed = False
_before: Any = None
#: `gauss` makes two numbers at a time and keeps one.
_other_half: Any = None


def _watched(fn: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(fn)
    def use(*args: Any, **options: Any) -> Any:
        global _before, _unused
        if _unused is not None:
            _seed(_unused)
            _unused = None
        if _is_borrowed and _before is None:
            _before = _getstate()
        return fn(*args, **options)

    return use


def watch() -> None:
    """Before the author's files are imported: they may take functions by their names."""
    for name in _USES:
        use = _watched(getattr(_INSTANCE, name))
        setattr(_INSTANCE, name, use)
        setattr(random, name, use)


def begin(seed: int) -> None:
    """As `random.seed`, which many programs have no use for: it is done at the first draw."""
    global _unused
    _unused = seed
    _INSTANCE.gauss_next = None


def borrow() -> None:
    """What is drawn from here on is given back."""
    global _is_borrowed, _other_half
    _is_borrowed = True
    _other_half = _INSTANCE.gauss_next


def give_back() -> None:
    global _is_borrowed, _before
    _is_borrowed = False
    if _before is not None:
        _INSTANCE.setstate(_before)
        _before = None
    _INSTANCE.gauss_next = _other_half
