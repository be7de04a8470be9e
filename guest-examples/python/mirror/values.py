"""Values of many types: as arguments, results, and in handlers."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum, IntEnum
from typing import Any, Literal, NewType, Optional, TypedDict, Union
from uuid import UUID

from temporalio import activity, workflow

Sku = NewType("Sku", str)


class Color(str, Enum):
    RED = "red"
    BLUE = "blue"


class Urgency(IntEnum):
    LOW = 1
    HIGH = 2


class Address(TypedDict, total=False):
    street: str
    number: int


@dataclass
class Item:
    sku: Sku
    n: int = 1
    tags: list[str] = field(default_factory=list)


@dataclass
class Box:
    content: Item


@dataclass
class Parcel:
    id: UUID
    sent: datetime
    due: Optional[datetime]
    items: dict[str, Item]
    colors: list[Color]
    urgency: Urgency
    reference: Union[int, str]
    size: tuple[int, ...]
    kind: Literal["gift", "goods"]
    at: tuple[int, float]
    address: Address
    labels: set[str]
    within: "Optional[Parcel]" = None
    note: str | None = None


@activity.defn
async def repeats(parcel: Parcel) -> Parcel:
    return parcel


@activity.defn
async def weighs(parcel: Parcel, each: float) -> float:
    return each * sum(item.n for item in parcel.items.values())


@workflow.defn(name="values")
class Values:
    @workflow.init
    def __init__(self, parcel: Parcel, more: Sequence[Item]) -> None:
        self.parcel = parcel
        self.more = list(more)

    @workflow.signal
    def add(self, item: Item, urgency: Urgency) -> None:
        self.parcel.items[item.sku] = item
        self.parcel.urgency = max(self.parcel.urgency, urgency)

    @workflow.query
    def item(self, sku: str) -> Item | None:
        return self.parcel.items.get(sku)

    @workflow.update
    def paint(self, colors: list[Color]) -> list[Color]:
        self.parcel.colors += colors
        return self.parcel.colors

    @paint.validator
    def check(self, colors: list[Color]) -> None:
        if not all(isinstance(it, Color) for it in colors):
            raise ValueError(f"{colors} are no colors")

    @workflow.run
    async def run(self, parcel: Parcel, more: Sequence[Item]) -> dict[str, Any]:
        tries = workflow.ActivityConfig(start_to_close_timeout=timedelta(seconds=10))
        same = await workflow.execute_activity(repeats, parcel, **tries)
        weight = await workflow.execute_activity(weighs, args=[same, 1.5], **tries)
        boxed: Box = await workflow.execute_child_workflow(
            "boxes", more[0], id=f"{workflow.info().workflow_id}-boxes", result_type=Box
        )
        await workflow.wait_condition(lambda: len(self.parcel.items) == 3)
        types = {field.name: type(getattr(same, field.name)).__name__ for field in dataclasses.fields(same)}
        return {
            "same": same == parcel,
            "types": types,
            "within": same.within and [type(it).__name__ for it in same.within.items.values()],
            "weight": weight,
            "boxed": [type(boxed).__name__, boxed],
            "later": same.sent + timedelta(days=1, microseconds=5),
            "urgency": self.parcel.urgency,
            "more": [type(it).__name__ for it in self.more],
            "bytes in a list": [b"\x00\xff"],
        }


@workflow.defn(name="boxes")
class Boxes:
    @workflow.run
    async def run(self, item: Item) -> Box:
        return Box(item)
