"""Two scrubbed scenarios side by side."""

import fnmatch
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mirror.scrub import WORKFLOW_TASKS


@dataclass(frozen=True)
class Difference:
    scenario: str
    #: Of our guest.
    language: str
    #: Where, with `/` between the steps.
    path: str
    theirs: str
    ours: str

    @property
    def kind(self) -> tuple[str, str, str]:
        """What it shares with the same difference elsewhere."""
        of, *rest = self.path.split("/")
        if of.startswith(("history ", "described ")):
            return "/".join([of.split(" ")[0], *rest]), self.theirs, self.ours
        return self.path, self.theirs, self.ours

    @property
    def place(self) -> str:
        return f"{self.scenario}/{self.path}"


ABSENT = "absent"
TIMED_OUT = "WORKFLOW_TASK_TIMED_OUT "
# To a reader of protobuf it is the same whether these are there.
NOTHING = ({}, [], "0.0 s")


def flat(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each leaf with the way to it."""
    if isinstance(value, dict) and value:
        for key, it in value.items():
            yield from flat(it, f"{path}/{key}" if path else str(key))
    elif isinstance(value, list) and value:
        for index, it in enumerate(value):
            yield from flat(it, f"{path}/{index}")
    elif value not in NOTHING:
        yield path, repr(value)


def differences(scenario: str, language: str, theirs: dict[str, Any], ours: dict[str, Any]) -> list[Difference]:
    left, right = dict(flat(common(theirs, ours))), dict(flat(common(ours, theirs)))
    found = []
    for path in [*left, *(it for it in right if it not in left)]:
        one, other = left.get(path, ABSENT), right.get(path, ABSENT)
        if one != other:
            found.append(Difference(scenario, language, path, one, other))
    return found


def common(told: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Of answers and events that the other has not: only that they are there."""
    result: dict[str, Any] = {}
    for name, value in told.items():
        if name not in other:
            result[name] = "there"
        elif name.startswith("history "):
            # Where a task lies between the others depends on who was quicker, and one that timed out had a busy worker.
            order = {"order": " > ".join(it for it in value if it not in WORKFLOW_TASKS and not it.startswith(TIMED_OUT))}
            result[name] = order | {key: it for key, it in value.items() if key in other[name]}
        else:
            result[name] = value
    return result


def report(found: list[Difference]) -> str:
    """Each difference once, with where it is."""
    places: dict[tuple[str, str, str], list[str]] = {}
    for it in found:
        places.setdefault(it.kind, []).append(f"{it.place} in {it.language}")
    told = []
    for (path, theirs, ours), at in places.items():
        others = f" and {len(at) - 1} more" if len(at) > 1 else ""
        told.append(f"{path}  ({at[0]}{others})\n    Temporal: {theirs}\n    Refrain:  {ours}")
    return "\n".join(told)


class Known:
    """The differences that are listed. Each has to occur, but for those by nature."""

    def __init__(self, listed: list[dict[str, str]], natural: list[str]) -> None:
        self.listed = listed
        self.natural = natural
        self.met = [False] * len(listed)

    def has(self, difference: Difference) -> bool:
        known = any(fnmatch.fnmatchcase(difference.place, it) for it in self.natural)
        for nth, it in enumerate(self.listed):
            if fnmatch.fnmatchcase(difference.place, it["at"]):
                self.met[nth] = known = True
        return known

    def gone(self) -> list[str]:
        return [it["at"] for it, met in zip(self.listed, self.met) if not met]
