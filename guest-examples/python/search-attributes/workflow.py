"""A parcel that says where it is, so that lists find it."""

from datetime import datetime, timezone
from typing import Any

from refrain import workflow
from refrain.common import SearchAttributeKey

STAGE = SearchAttributeKey.for_keyword("Stage")
ITEMS = SearchAttributeKey.for_int("Items")
WEIGHT = SearchAttributeKey.for_float("Weight")
EXPRESS = SearchAttributeKey.for_bool("Express")
DUE = SearchAttributeKey.for_datetime("Due")
LABELS = SearchAttributeKey.for_keyword_list("Labels")
ADDRESS = SearchAttributeKey.for_text("Address")


@workflow.defn(name="parcel")
class Parcel:
    def __init__(self) -> None:
        self.is_shipped = False

    @workflow.signal
    def shipped(self) -> None:
        self.is_shipped = True

    @workflow.run
    async def run(self, items: int, address: str) -> dict[str, Any]:
        workflow.upsert_search_attributes(
            [
                STAGE.value_set("packing"),
                ITEMS.value_set(items),
                WEIGHT.value_set(items * 1.5),
                EXPRESS.value_set(items > 2),
                DUE.value_set(datetime(2026, 12, 24, 18, tzinfo=timezone.utc)),
                LABELS.value_set(["fragile", "gift"]),
                ADDRESS.value_set(address),
            ]
        )
        workflow.upsert_memo({"note": "packed by hand"})
        await workflow.wait_condition(lambda: self.is_shipped)
        workflow.upsert_search_attributes([STAGE.value_set("shipped"), LABELS.value_unset()])
        workflow.upsert_memo({"note": None})
        attributes = workflow.info().typed_search_attributes
        return {
            "stage": attributes[STAGE],
            "items": attributes[ITEMS],
            "labels": attributes.get(LABELS),
            "memo": len(workflow.memo()),
        }


@workflow.defn(name="misnamed")
class Misnamed:
    """Uses a name that nobody has registered."""

    @workflow.run
    async def run(self) -> None:
        workflow.upsert_search_attributes([SearchAttributeKey.for_keyword("Stagge").value_set("packing")])
