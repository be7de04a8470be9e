"""What happens to an activity from outside its worker: by its token, or by its id."""

import argparse
import base64

from temporalio.client import AsyncActivityCancelledError, Client
from temporalio.exceptions import ApplicationError

from program import run


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--address", required=True)
    parser.add_argument("--token")
    parser.add_argument("--workflow-id")
    parser.add_argument("--activity-id")
    parser.add_argument("what", choices=["complete", "fail", "heartbeat", "cancel"])
    parser.add_argument("value", nargs="?")
    args = parser.parse_args()

    client = await Client.connect(args.address)
    if args.token is not None:
        handle = client.get_async_activity_handle(task_token=base64.b64decode(args.token))
    else:
        handle = client.get_async_activity_handle(
            workflow_id=args.workflow_id, run_id=None, activity_id=args.activity_id
        )
    match args.what:
        case "complete":
            await handle.complete(args.value)
        case "fail":
            await handle.fail(ApplicationError(args.value or "", type="Outside", non_retryable=True))
        case "heartbeat":
            try:
                await handle.heartbeat(args.value)
                print("go on")
            except AsyncActivityCancelledError as error:
                print("stop:", *(name for name, is_so in vars(error.details).items() if is_so))
        case "cancel":
            await handle.report_cancellation(args.value)


run(main())
