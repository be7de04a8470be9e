"""Errors as a program meets and raises them, and waits of no time."""

import asyncio
from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError, WorkflowAlreadyStartedError

with workflow.unsafe.imports_passed_through():
    # What is for clients and workers can be named.
    from temporalio.api.common.v1 import Payload  # noqa: F401
    from temporalio.client import WorkflowFailureError  # noqa: F401
    from temporalio.common import QueryRejectCondition  # noqa: F401
    from temporalio.converter import DefaultPayloadConverter  # noqa: F401
    from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner  # noqa: F401


@workflow.defn(name="ends")
class Ends:
    @workflow.run
    async def run(self, how: str) -> Any:
        match how:
            case "while handling":
                try:
                    return {}["customer"]
                except KeyError:
                    raise ApplicationError("out of stock", type="Stock")
            case "canceled by itself":
                raise asyncio.CancelledError("no more")
            case "no time":
                return await self.no_time()
            case "bad child":
                return await self.bad_child()
            case "not there":
                return await self.not_there()
            case "what is canceled":
                return await self.what_is_canceled()
        return None

    async def no_time(self) -> list[str]:
        told = []
        await asyncio.sleep(0)
        await workflow.sleep(timedelta(0))
        try:
            await workflow.wait_condition(lambda: False, timeout=0)
        except asyncio.TimeoutError:
            told.append("out of time at once")
        return told

    async def not_there(self) -> list[Any]:
        nobody = workflow.get_external_workflow_handle(f"{workflow.info().workflow_id}-nobody")
        told: list[Any] = []
        for asked in [nobody.signal("finish", "now"), nobody.cancel()]:
            try:
                await asked
            except ApplicationError as error:
                told += [str(error), error.type, error.non_retryable]
        return told

    async def what_is_canceled(self) -> list[Any]:
        told: list[Any] = []
        options = workflow.ActivityConfig(task_queue="nobody", start_to_close_timeout=timedelta(seconds=10))
        activity = workflow.start_activity("greet", "nobody", **options)
        child = await workflow.start_child_workflow("waits", id=f"{workflow.info().workflow_id}-waits")
        for begun in [activity, child]:
            begun.cancel()
            try:
                await begun
            except (ActivityError, ChildWorkflowError) as error:
                told += [str(error), error.retry_state, str(error.cause)]
        return told

    async def bad_child(self) -> list[Any]:
        me = workflow.info().workflow_id
        child = await workflow.start_child_workflow("waits", id=f"{me}-waits")
        try:
            await workflow.start_child_workflow("waits", id=f"{me}-waits")
        except WorkflowAlreadyStartedError as error:
            told = [error.workflow_id == child.id, error.workflow_type, str(error)]
        await child.signal("finish", "once")
        await child
        try:
            await workflow.execute_child_workflow("refuses", "too late", id=f"{me}-refuses")
        except ChildWorkflowError as error:
            told += [error.namespace, error.workflow_type, str(error.cause)]
        return told
