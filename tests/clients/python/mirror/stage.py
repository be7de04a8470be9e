"""One server, and what a play does on it and keeps of it."""

import uuid
from typing import Any

from google.protobuf.message import Message
from temporalio.api.common.v1 import WorkflowExecution
from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import History, HistoryEvent
from temporalio.api.workflowservice.v1 import (
    DescribeWorkflowExecutionRequest,
    DescribeWorkflowExecutionResponse,
    GetWorkflowExecutionHistoryRequest,
    ListWorkflowExecutionsRequest,
    ListWorkflowExecutionsResponse,
)
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import FailureError
from temporalio.service import RPCError

from waiting import eventually

QUEUE = "mirror"
NAMESPACE = "default"


def event_name(event: HistoryEvent) -> str:
    return EventType.Name(event.event_type).removeprefix("EVENT_TYPE_")


class Stage:
    """A scenario on one of the servers."""

    def __init__(self, name: str, client: Client, http: str) -> None:
        self.name = name
        self.client = client
        #: Where the server's HTTP API is.
        self.http = http
        self.service = client.workflow_service
        #: What was kept, in order: answers by name.
        self.kept: dict[str, Any] = {}
        #: The workflows whose histories are compared: ids, in the order in which they are here.
        self.ids: list[str] = []
        #: What runs of no such workflow are called, by their ids.
        self.run_names: dict[str, str] = {}

    def id(self, suffix: str = "") -> str:
        """A workflow id of this scenario, which is looked at in the end."""
        workflow_id = f"{self.name}-{suffix}" if suffix else self.name
        if workflow_id not in self.ids:
            self.ids.append(workflow_id)
        return workflow_id

    async def start(self, kind: str, *args, suffix: str = "", **options) -> WorkflowHandle:
        return await self.client.start_workflow(
            kind, args=args, id=self.id(suffix), task_queue=QUEUE, **options
        )

    def keep(self, name: str, value: Any) -> None:
        assert name not in self.kept, f"{name} is kept twice"
        self.kept[name] = value

    async def tell(self, name: str, awaitable) -> None:
        """Keeps what came of it: the value, or the error as a client sees it."""
        try:
            value = await awaitable
            self.keep(name, value if isinstance(value, Message) else {"value": value})
        except RPCError as error:
            self.keep(name, {"status": error.status.name, "details": details_of(error)})
        except FailureError as error:
            self.keep(name, {"error": causes(error)})
        except Exception as error:
            cause = error.__cause__ or getattr(error, "cause", None)
            told = {"error": [type(error).__name__]}
            if isinstance(cause, FailureError):
                told["cause"] = causes(cause)
            self.keep(name, told)

    async def result(self, handle: WorkflowHandle, name: str = "result") -> None:
        """Waits for its end and keeps what it was."""
        try:
            self.keep(name, {"value": await handle.result()})
        except WorkflowFailureError as error:
            self.keep(name, {"error": causes(error.cause)})

    async def describe(self, name: str, workflow_id: str, run_id: str = "") -> DescribeWorkflowExecutionResponse:
        described = await self.described(workflow_id, run_id)
        self.keep(f"describe {name}", described)
        return described

    async def described(self, workflow_id: str, run_id: str = "") -> DescribeWorkflowExecutionResponse:
        return await self.service.describe_workflow_execution(
            DescribeWorkflowExecutionRequest(
                namespace=NAMESPACE, execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id)
            )
        )

    async def history(self, workflow_id: str, run_id: str = "") -> History:
        events, token = History(), b""
        while True:
            page = await self.service.get_workflow_execution_history(
                GetWorkflowExecutionHistoryRequest(
                    namespace=NAMESPACE,
                    execution=WorkflowExecution(workflow_id=workflow_id, run_id=run_id),
                    next_page_token=token,
                )
            )
            events.events.extend(page.history.events)
            token = page.next_page_token
            if not token:
                return events

    async def until(self, workflow_id: str, event: str, n: int = 1, settled: bool = True) -> History:
        """Waits for so many events of the type in the last run of that id, and for the end of its task."""
        found = History()

        async def has() -> bool:
            nonlocal found
            try:
                found = await self.history(workflow_id)
            except RPCError:
                return False
            names = [event_name(it) for it in found.events]
            is_settled = names[-1] not in ("WORKFLOW_TASK_SCHEDULED", "WORKFLOW_TASK_STARTED")
            return names.count(event) >= n and (is_settled or not settled)

        await eventually(has)
        return found

    async def until_described(self, workflow_id: str, look) -> DescribeWorkflowExecutionResponse:
        described = DescribeWorkflowExecutionResponse()

        async def has() -> bool:
            nonlocal described
            try:
                described = await self.described(workflow_id)
            except RPCError:
                return False
            return bool(look(described))

        await eventually(has)
        return described

    async def until_runs(self, workflow_id: str, n: int, query: str = "") -> None:
        async def has() -> bool:
            return len(await self.runs(workflow_id, query)) >= n

        await eventually(has)

    async def listed(self, name: str, query: str) -> None:
        """Keeps what a list finds, by workflow id."""
        request = ListWorkflowExecutionsRequest(namespace=NAMESPACE, query=query)

        async def sorted_list() -> ListWorkflowExecutionsResponse:
            found = await self.service.list_workflow_executions(request)
            found.executions.sort(key=lambda it: it.execution.workflow_id)
            return found

        await self.tell(f"list {name}", sorted_list())

    async def chain(self, workflow_id: str) -> list[str]:
        """The run ids of that workflow id, first to last, up to the one of now."""
        now = (await self.described(workflow_id)).workflow_execution_info.execution.run_id

        async def is_listed() -> bool:
            return now in await self.runs(workflow_id)

        await eventually(is_listed)
        return await self.runs(workflow_id)

    async def runs(self, workflow_id: str, query: str = "") -> list[str]:
        """The run ids that a list has of it. Temporal's lists come a moment later."""
        query = f"WorkflowId = '{workflow_id}'" + (f" AND {query}" if query else "")
        found = [it async for it in self.client.list_workflows(query)]
        return [it.run_id for it in sorted(found, key=lambda it: (it.start_time, it.run_id))]


def causes(error: BaseException | None) -> list[str]:
    """A failure as an application sees it, outermost first."""
    told = []
    while error is not None:
        details = getattr(error, "details", None)
        kind = [type(error).__name__, getattr(error, "type", None), details and list(details)]
        retry = getattr(error, "retry_state", None)
        told.append(" ".join(str(it) for it in [*kind, retry and retry.name] if it))
        error = error.__cause__ or getattr(error, "cause", None)
    return told


def details_of(error: RPCError) -> list[str]:
    """What types they are of."""
    return [it.type_url.rsplit(".", 1)[-1] for it in error.grpc_status.details]


def fresh() -> str:
    return str(uuid.uuid4())
