"""What lives longer than one run: an account that goes on in a new run whenever its history has
grown, work that is tried again as a whole, and a digest that is written each morning."""

from refrain import workflow
from refrain.exceptions import ApplicationError, root_cause


@workflow.defn(name="account")
class Account:
    """Takes deposits until it is closed, so many in each of its runs. All that it is goes along as the
    argument of the next run; deposits that it has not seen yet follow by themselves."""

    @workflow.init
    def __init__(self, deposits: list[int], per_run: int) -> None:
        self.taken = deposits
        self.is_closed = False

    @workflow.signal
    def deposit(self, amount: int) -> None:
        self.taken.append(amount)
        workflow.publish("deposits", len(self.taken))

    @workflow.signal
    def close(self) -> None:
        self.is_closed = True

    @workflow.query
    def deposits(self) -> int:
        return len(self.taken)

    @workflow.run
    async def run(self, deposits: list[int], per_run: int) -> list[int]:
        before = len(deposits)
        workflow.publish("deposits", before)

        def is_long() -> bool:
            taken = len(self.taken) - before
            return taken >= per_run or (taken > 0 and workflow.info().is_continue_as_new_suggested())

        await workflow.wait_condition(lambda: self.is_closed or is_long())
        if not self.is_closed:
            workflow.continue_as_new(args=[self.taken, per_run])
        return self.taken


@workflow.defn(name="flaky")
class Flaky:
    """Fails in its first attempts."""

    @workflow.run
    async def run(self, failures: int) -> str:
        attempt = workflow.info().attempt
        if attempt <= failures:
            raise ApplicationError(f"attempt {attempt} failed", type="Flaky")
        last = workflow.get_last_failure()
        return f"attempt {attempt} after {root_cause(last) if last else 'nothing'}"


@workflow.defn(name="digest")
class Digest:
    """Begins again at the times of its cron string, until it has had enough. Its result is the number of
    the digest. The second is written at the second try: what failed does not take the last result
    away. A run that continues as new has no cron string any more."""

    @workflow.run
    async def run(self, last: int) -> int:
        nth = workflow.get_last_completion_result(int) or 0
        if not workflow.info().cron_schedule:
            return nth
        if nth == last:
            workflow.continue_as_new(last)
        if nth == 1 and workflow.get_last_failure() is None:
            raise ApplicationError("the printer is stuck", type="PaperJam")
        return nth + 1


@workflow.defn(name="publisher")
class Publisher:
    """Has a digest as its child."""

    @workflow.run
    async def run(self, cron: str, last: int) -> int:
        return await workflow.execute_child_workflow(Digest.run, last, id="digest-of-publisher", cron_schedule=cron)
