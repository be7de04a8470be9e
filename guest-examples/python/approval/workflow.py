"""A request that somebody has to decide within a week."""

from dataclasses import dataclass
from datetime import timedelta

from refrain import workflow
from refrain.common import RetryPolicy


@dataclass
class Decision:
    approved: bool
    by: str
    comment: str | None = None


async def do(activity: str, *args: str) -> str:
    return await workflow.execute_activity(
        activity,
        args=args,
        start_to_close_timeout=timedelta(seconds=10),
        retry_policy=RetryPolicy(maximum_attempts=5),
    )


@workflow.defn(name="approval")
class Approval:
    """What became of the request."""

    def __init__(self) -> None:
        self.current = "pending"
        self.decision: Decision | None = None

    @workflow.query
    def status(self) -> str:
        return self.current

    @workflow.signal
    def decide(self, decision: Decision) -> None:
        # The first one counts.
        self.decision = self.decision or decision

    @workflow.run
    async def run(self, request: str) -> str:
        await do("askForApproval", request)
        try:
            await workflow.wait_condition(lambda: self.decision is not None, timeout=timedelta(days=7))
        except TimeoutError:
            self.current = "timedOut"
            return await do("escalate", request)
        assert self.decision is not None
        if self.decision.approved:
            self.current = "approved"
            return await do("carryOut", request, self.decision.by)
        self.current = "rejected"
        return await do("tellRejection", request, self.decision.by, self.decision.comment or "no reason given")
