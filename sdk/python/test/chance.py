"""Holds the random numbers of a run, which begin at the first draw, against those of Python that begin at once. Needs `refrain`.

    PYTHONPATH=src python test/chance.py
"""

import random
from collections.abc import Callable

from refrain import _chance

SEED = 6_364_136_223_846_793_005

#: Each is the first thing that a program does.
FIRST: list[Callable[[random.Random], object]] = [
    lambda it: it.random(),
    lambda it: it.getrandbits(70),
    lambda it: it.gauss(0, 1),
    lambda it: it.getstate(),
    lambda it: it.sample(range(100), 5),
    lambda it: it.setstate(random.Random(7).getstate()),
    lambda it: it.seed(7),
]

_chance.watch()
of_run = random._inst  # type: ignore[attr-defined]
for nth, first in enumerate(FIRST):
    for asked in (None, *FIRST):
        expected = random.Random(SEED)
        of_run.gauss(0, 1)
        _chance.begin(SEED)
        if asked is not None:
            _chance.borrow()
            asked(of_run)
            _chance.give_back()
        got, wanted = [(first(it), it.random(), it.gauss(0, 1)) for it in (of_run, expected)]
        assert got == wanted, f"the {nth}th: {got}, expected {wanted}"
