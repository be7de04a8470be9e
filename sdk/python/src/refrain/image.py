"""The memory that a component begins with. Its objects are made immortal, as `_lasting.py` has listed them.

An object of CPython begins with the count of who refers to it; from 2^30 on it is not counted any more. So the highest
byte of each count is set, in the component as it is: nothing in it changes its place.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator

MARK = b"refrain: objects at "
#: Of the count of an object that never goes, as CPython itself sets it.
HIGHEST_BYTE = 0x50
IMMORTAL = 1 << 30
#: Where a list has its length, and where its items are.
LENGTH, ITEMS = 8, 12

_HEADER = 8
_CORE_MODULE = 1
_DATA = 11
_ACTIVE = 0
_I32_CONST = 0x41


def make_immortal(component: bytearray) -> int:
    """How many objects it has made so. Errors: `ValueError`, if it is not such a component."""
    image = Image(component)
    n_made = 0
    for address in image.listed():
        place = image.place(address + 3)
        if place is not None and image.word(address) < IMMORTAL:
            component[place] = HIGHEST_BYTE
            n_made += 1
    return n_made


class Image:
    def __init__(self, component: bytes | bytearray) -> None:
        #: Address, length, and place in the component.
        self._segments = sorted(_segments(component))
        self._addresses = [address for address, _, _ in self._segments]
        address, length, _ = self._segments[-1]
        #: What is in no segment is zero.
        self._memory = bytearray(address + length)
        for address, length, place in self._segments:
            self._memory[address : address + length] = component[place : place + length]

    def word(self, address: int) -> int:
        return int.from_bytes(self._memory[address : address + 4], "little")

    def place(self, address: int) -> int | None:
        """Of this byte in the component. `None`: it is zero and left out."""
        nth = bisect_right(self._addresses, address) - 1
        start, length, place = self._segments[nth]
        return place + address - start if nth >= 0 and address < start + length else None

    def listed(self) -> list[int]:
        """Addresses of the objects."""
        found = -1
        # The words are also in the code that they come from.
        while (found := self._memory.find(MARK, found + 1)) != -1:
            at, n_objects = self.word(found + len(MARK)), self.word(found + len(MARK) + 4)
            if n_objects > 0 and self.word(at + LENGTH) == n_objects:
                items = self.word(at + ITEMS)
                return [self.word(items + 4 * nth) for nth in range(n_objects)]
        raise ValueError("there is no list of objects in its memory")


def _segments(component: bytes | bytearray) -> Iterator[tuple[int, int, int]]:
    """Of the first module that has any: componentize-py puts all memory there."""
    for kind, start, end in _sections(component, _HEADER, len(component)):
        if kind != _CORE_MODULE:
            continue
        for kind, at, _ in _sections(component, start + _HEADER, end):
            if kind == _DATA:
                n_segments, at = _number(component, at)
                for _ in range(n_segments):
                    if component[at] != _ACTIVE or component[at + 1] != _I32_CONST:
                        raise ValueError("expected data with an address")
                    address, at = _number(component, at + 2)
                    # After the end of the address.
                    length, at = _number(component, at + 1)
                    yield address, length, at
                    at += length
                return
    raise ValueError("there is no data in it")


def _sections(code: bytes | bytearray, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Kind, start and end of each."""
    while at < end:
        kind = code[at]
        length, at = _number(code, at + 1)
        yield kind, at, at + length
        at += length


def _number(code: bytes | bytearray, at: int) -> tuple[int, int]:
    """In LEB128, and where it ends. Addresses are below 2^31, so that their sign is of no interest."""
    number = shift = 0
    while True:
        byte = code[at]
        number |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if byte < 0x80:
            return number, at
