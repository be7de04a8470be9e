"""What a schedule starts each day: a report that takes a moment, and goes out at once if someone
asks for it."""

from refrain import workflow


@workflow.defn(name="dailyReport")
class DailyReport:
    def __init__(self) -> None:
        self.is_asked_for = False

    @workflow.signal(name="sendNow")
    def send_now(self) -> None:
        self.is_asked_for = True

    @workflow.run
    async def run(self, about: str, seconds_to_take: int) -> str:
        try:
            await workflow.wait_condition(lambda: self.is_asked_for, timeout=seconds_to_take)
        except TimeoutError:
            return f"report on {about}, in time"
        return f"report on {about}, on request"
