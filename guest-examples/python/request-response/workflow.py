"""A desk that answers requests as long as it is open: each is checked, and paid by an activity."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from refrain import workflow
from refrain.common import RawValue
from refrain.converter import from_payload
from refrain.exceptions import ApplicationError


@workflow.defn(name="desk")
class Desk:
    def __init__(self) -> None:
        self.is_closed = False
        self.paid = 0
        workflow.publish("total", self.paid)

    @workflow.query
    def total(self) -> int:
        return self.paid

    @workflow.signal
    def close(self) -> None:
        self.is_closed = True

    @workflow.update
    async def pay(self, order: str, amount: int) -> str:
        charge: str = await workflow.execute_activity(
            "charge", args=[order, amount], start_to_close_timeout=timedelta(seconds=10)
        )
        self.paid += amount
        workflow.publish("total", self.paid)
        return charge

    @pay.validator
    def check(self, order: str, amount: int) -> None:
        if amount <= 0:
            raise ApplicationError(f"amount is {amount}, expected more", type="NothingToPay")

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.is_closed)
        return self.paid


@workflow.defn(name="switchboard")
class Switchboard:
    """Connects whatever is asked for, one minute each. Who hangs up does not wait for the others."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.is_closed = False
        self.is_hung_up = False

    @workflow.signal
    def close(self) -> None:
        self.is_closed = True

    @workflow.signal(name="hang-up")
    def hang_up(self) -> None:
        self.is_hung_up = True

    @workflow.query(dynamic=True)
    def any_query(self, name: str, args: Sequence[RawValue]) -> str:
        told = ",".join(str(from_payload(it.payload)) for it in args)
        return f"{name}({told}) of {len(self.calls)}"

    @workflow.update(dynamic=True)
    async def connect(self, name: str, args: Sequence[RawValue]) -> int:
        await asyncio.sleep(60)
        update = workflow.current_update_info()
        self.calls.append(f"{update and update.id}: {name} {from_payload(args[0].payload)}")
        return len(self.calls)

    @connect.validator
    def check(self, name: str, args: Sequence[RawValue]) -> None:
        if name != "call":
            raise ApplicationError(f"{name} is no call")

    @workflow.run
    async def run(self) -> list[str]:
        workflow.set_current_details("**open**")
        await workflow.wait_condition(lambda: self.is_hung_up or self.is_closed)
        if self.is_closed:
            await workflow.wait_condition(workflow.all_handlers_finished)
        return self.calls
