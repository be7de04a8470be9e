"""A trip in economy: see `travel.py`."""

from refrain import workflow

from travel import Trip


@workflow.defn(name="travel")
class Travel(Trip):
    @workflow.run
    async def run(self, trip: str) -> list[str]:
        return await self.book(trip, "economy")
