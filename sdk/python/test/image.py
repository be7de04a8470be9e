"""How the objects that a component begins with are made immortal.

    PYTHONPATH=src python test/image.py
"""

import struct
import unittest

from refrain.image import MARK, make_immortal


def number(value: int) -> bytes:
    """In LEB128."""
    more = value >> 7
    return bytes([value]) if more == 0 else bytes([value & 0x7F | 0x80]) + number(more)


def component(*segments: tuple[int, bytes]) -> bytearray:
    """Of one module with so much data. Addresses are such that their sign needs no byte more."""
    data = number(len(segments))
    for address, content in segments:
        data += b"\0\x41" + number(address) + b"\x0b" + number(len(content)) + content
    module = b"\0asm\1\0\0\0" + b"\1\4\1\x60\0\0" + b"\x0b" + number(len(data)) + data
    return bytearray(b"\0asm\x0d\0\1\0" + b"\x07\1\0" + b"\1" + number(len(module)) + module)


def words(*values: int) -> bytes:
    return struct.pack(f"<{len(values)}I", *values)


OBJECTS = 1024
LIST = 2048
ITEMS = 3072
#: The list: its count, its type, its length, its items.
LISTED = (LIST, words(1, 9, 3, ITEMS))
COUNTS = [words(2, 9), words(0x50000001, 9), words(70000, 9)]
ADDRESSES = (ITEMS, words(OBJECTS, OBJECTS + 8, OBJECTS + 16))


class Objects(unittest.TestCase):
    def test_what_is_listed_is_immortal_and_nothing_else_has_changed(self) -> None:
        def made(*counts: bytes) -> bytearray:
            words_of_the_code = MARK + b"%b"
            mark = MARK + words(LIST, 3)
            return component((64, words_of_the_code), (128, mark), (OBJECTS, b"".join(counts)), LISTED, ADDRESSES)

        it = made(*COUNTS, words(5, 9))
        self.assertEqual(make_immortal(it), 2)
        self.assertEqual(it, made(words(0x50000002, 9), COUNTS[1], words(0x50000000 + 70000, 9), words(5, 9)))

    def test_a_count_whose_zeros_are_left_out_stays(self) -> None:
        pieces = [(128, MARK + words(LIST, 1)), (OBJECTS, b"\2"), (OBJECTS + 4, words(9)), (LIST, words(1, 9, 1, ITEMS))]
        it = component(*pieces, (ITEMS, words(OBJECTS)))
        before = bytes(it)
        self.assertEqual(make_immortal(it), 0)
        self.assertEqual(it, before)

    def test_without_a_list_it_is_not_one_of_ours(self) -> None:
        with self.assertRaisesRegex(ValueError, "no list of objects"):
            make_immortal(component((64, MARK), LISTED))


if __name__ == "__main__":
    unittest.main()
