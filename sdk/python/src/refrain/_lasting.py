"""What a component has from its start is there as long as the run, and Python is told so. Else it would count who refers
to each object, and every run would have pages of its own that differ in counts alone."""

from __future__ import annotations

import gc
import types
from typing import Any

#: Objects lie at multiples of so much.
ALIGNMENT = 8

#: What must not go before the component is written.
_kept: list[Any] = []
#: Where that list is and how long, for `image.py`, which finds it by these words.
_mark = b""


def keep_all() -> None:
    """To be called when all is there that a run begins with."""
    global _kept, _mark
    _kept = gc.get_objects()
    # A set would leave more behind than the component is to have.
    seen = bytearray(2 * max(map(id, _kept)) // ALIGNMENT)
    for it in _kept:
        seen[id(it) // ALIGNMENT] = 1
    # The list grows as it is gone through.
    for it in _kept:
        for part in _parts(it):
            if not seen[id(part) // ALIGNMENT]:
                seen[id(part) // ALIGNMENT] = 1
                _kept.append(part)
    seen[:] = bytes(len(seen))
    _mark = b"refrain: objects at %b" % b"".join(it.to_bytes(4, "little") for it in (id(_kept), len(_kept)))


def _parts(it: Any) -> list[Any]:
    if isinstance(it, types.CodeType):
        return [it.co_consts, it.co_names, it.co_name, it.co_qualname, it.co_filename]
    return gc.get_referents(it)
