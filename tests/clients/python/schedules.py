"""All that an application does with schedules, by Temporal's own client. Prints what it sees."""

import sys
from datetime import datetime, timedelta, timezone

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleBackfill,
    ScheduleIntervalSpec,
    ScheduleOverlapPolicy,
    ScheduleSpec,
    ScheduleUpdate,
    ScheduleUpdateInput,
)
from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes
from temporalio.service import RPCError, RPCStatusCode

from program import run
from waiting import eventually

AREA = SearchAttributeKey.for_keyword("Area")


async def main(address: str) -> None:
    client = await Client.connect(address)
    action = ScheduleActionStartWorkflow(
        "dailyReport", args=["sales", 0], id="py-report", task_queue="reports"
    )
    hourly = Schedule(action=action, spec=ScheduleSpec(intervals=[ScheduleIntervalSpec(every=timedelta(hours=1))]))
    emea = TypedSearchAttributes([SearchAttributePair(AREA, "emea")])
    handle = await client.create_schedule("py-daily", hourly, search_attributes=emea)
    print("created")
    try:
        await client.create_schedule("py-daily", hourly)
    except ScheduleAlreadyRunningError:
        print("already running")

    await handle.trigger()

    async def has_actions(n: int) -> bool:
        return (await handle.describe()).info.num_actions == n

    await eventually(lambda: has_actions(1))
    started = (await handle.describe()).info.recent_actions[0].action
    print("triggered:", await client.get_workflow_handle(started.workflow_id).result())

    start = datetime(2026, 1, 1, tzinfo=timezone.utc)
    await handle.backfill(
        ScheduleBackfill(start_at=start, end_at=start + timedelta(hours=3), overlap=ScheduleOverlapPolicy.ALLOW_ALL)
    )
    await eventually(lambda: has_actions(5))
    print("backfilled", (await handle.describe()).info.num_actions - 1)

    await handle.pause(note="holiday")
    state = (await handle.describe()).schedule.state
    print("paused:" if state.paused else "not paused:", state.note)
    await handle.unpause(note="back")
    state = (await handle.describe()).schedule.state
    print("paused:" if state.paused else "unpaused:", state.note)

    def in_paris(described: ScheduleUpdateInput) -> ScheduleUpdate:
        schedule = described.description.schedule
        schedule.spec = ScheduleSpec(cron_expressions=["30 9 * * 1-5"], time_zone_name="Europe/Paris")
        return ScheduleUpdate(schedule=schedule)

    await handle.update(in_paris)
    print("updated:", (await handle.describe()).schedule.spec.time_zone_name)
    print("listed:", *[it.id async for it in await client.list_schedules()])
    print("in emea:", *[it.id async for it in await client.list_schedules("Area = 'emea'")])
    print("elsewhere:", *[it.id async for it in await client.list_schedules("Area != 'emea'")])
    await handle.delete()
    try:
        await handle.describe()
    except RPCError as error:
        print("deleted" if error.status == RPCStatusCode.NOT_FOUND else error)


run(main(sys.argv[1]))
