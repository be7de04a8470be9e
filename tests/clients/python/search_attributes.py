"""Typed search attributes, as Temporal's own client sends and reads them."""

import argparse
from datetime import datetime, timezone

from temporalio.client import Client
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError

from program import run
from waiting import eventually

STAGE = SearchAttributeKey.for_keyword("Stage")
ITEMS = SearchAttributeKey.for_int("Items")
WEIGHT = SearchAttributeKey.for_float("Weight")
EXPRESS = SearchAttributeKey.for_bool("Express")
DUE = SearchAttributeKey.for_datetime("Due")
LABELS = SearchAttributeKey.for_keyword_list("Labels")


async def main(address: str, task_queue: str) -> None:
    client = await Client.connect(address)
    attributes = TypedSearchAttributes(
        [
            SearchAttributePair(STAGE, "ordered"),
            SearchAttributePair(LABELS, ["python"]),
        ]
    )
    handle = await client.start_workflow(
        "parcel",
        args=[5, "12 Python Street"],
        id="parcel-python",
        task_queue=task_queue,
        search_attributes=attributes,
        memo={"from": "python"},
    )

    async def has_upserted() -> bool:
        return (await handle.describe()).typed_search_attributes.get(ITEMS) == 5

    await eventually(has_upserted)
    described = await handle.describe()
    found = described.typed_search_attributes
    assert found[STAGE] == "packing", found
    assert found[WEIGHT] == 7.5, found
    assert found[EXPRESS] is True, found
    assert found[DUE] == datetime(2026, 12, 24, 18, tzinfo=timezone.utc), found
    assert found[LABELS] == ["fragile", "gift"], found
    assert await described.memo() == {"from": "python", "note": "packed by hand"}

    for query in [
        "Items = 5 AND Stage = 'packing'",
        "Labels IN ('gift', 'none') AND Weight BETWEEN 7 AND 8",
        "Due > '2026-12-24T00:00:00Z' AND Express = true AND Items > 4",
        "Address = 'python' AND Stage STARTS_WITH 'pack'",
    ]:
        ids = [it.id async for it in client.list_workflows(query)]
        assert ids == ["parcel-python"], (query, ids)
    counted = await client.count_workflows("Stage = 'packing' GROUP BY ExecutionStatus")
    assert [(it.group_values, it.count) for it in counted.groups] == [(["Running"], counted.count)]

    await handle.signal("shipped")
    result = await handle.result()
    assert result == {"stage": "shipped", "items": 5, "labels": None, "memo": 1}, result
    try:
        await client.count_workflows("Items = 'five'")
    except RPCError as error:
        print(error.message, flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--address", required=True)
    parser.add_argument("--task-queue", required=True)
    args = parser.parse_args()
    run(main(args.address, args.task_queue))
