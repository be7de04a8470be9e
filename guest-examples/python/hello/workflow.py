from datetime import timedelta

from refrain import workflow
from refrain.exceptions import ApplicationError


@workflow.defn(name="order")
class Order:
    def __init__(self) -> None:
        self.packed = False

    @workflow.signal
    def confirmed(self) -> None:
        self.packed = True

    @workflow.run
    async def run(self, id: str, amount: int) -> str:
        tries = workflow.ActivityConfig(start_to_close_timeout=timedelta(seconds=10))
        payment: str = await workflow.execute_activity("charge", args=[id, amount], **tries)
        try:
            await workflow.wait_condition(lambda: self.packed, timeout=timedelta(hours=24))
        except TimeoutError:
            await workflow.execute_activity("refund", payment, **tries)
            raise ApplicationError("the warehouse did not confirm", type="Timeout") from None
        return await workflow.execute_activity("ship", id, **tries)
