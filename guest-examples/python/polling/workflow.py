"""A parcel that is watched by asking its carrier again and again: an activity that says with each
heartbeat how far it is, so that the next worker goes on from there."""

from datetime import timedelta

from refrain import workflow
from refrain.common import RetryPolicy
from refrain.exceptions import is_cancelled_exception


@workflow.defn(name="watchParcel")
class WatchParcel:
    """Where the parcel was delivered; nobody watches it any more after a cancellation."""

    @workflow.run
    async def run(self, parcel: str) -> str:
        try:
            return await workflow.execute_activity(
                "watch",
                parcel,
                start_to_close_timeout=timedelta(days=30),
                heartbeat_timeout=timedelta(seconds=2),
                retry_policy=RetryPolicy(initial_interval=timedelta(milliseconds=100)),
                cancellation_type=workflow.ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
            )
        except BaseException as error:
            if is_cancelled_exception(error):
                await workflow.execute_activity("forget", parcel, start_to_close_timeout=timedelta(seconds=10))
            raise
