"""Scenarios of requests that are sent as they stand in `requests`, without an SDK in between."""

import copy
import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from temporalio.api import operatorservice, workflowservice
from temporalio.api.enums.v1 import BatchOperationState
from temporalio.client import ScheduleSpec, ScheduleState
from temporalio.service import RPCError

from mirror import plays
from mirror.requests import FAMILIES, Fields, Method
from mirror.requests.operators import BATCH
from mirror.stage import NAMESPACE, QUEUE, Stage, details_of, fresh
from waiting import eventually

# A poll that finds nothing is not waited for.
PATIENCE = timedelta(seconds=10)
LONG = "x" * 1001
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
OF_EVERY_ONE: dict[str, Fields] = {"no namespace": {"namespace": ""}, "an unknown namespace": {"namespace": "nowhere"}}


def changed(fields: Fields, changes: Fields) -> Fields:
    fields = copy.deepcopy(fields)
    for path, value in changes.items():
        *way, last = path.split(".")
        inner: Any = fields
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner.setdefault(step, {})
        if value is None:
            inner.pop(last, None)
        else:
            inner[last] = value
    return fields


def filled(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, str) and value.startswith("{"):
        name = value[1:-1]
        return fresh() if name in ("new", "uuid") else words[name]
    if isinstance(value, list):
        return [filled(it, words) for it in value]
    if isinstance(value, dict):
        return {key: filled(it, words) for key, it in value.items()}
    return value


def request_of(method: Method) -> Message:
    module = operatorservice.v1 if method.service == "operator" else workflowservice.v1
    return getattr(module, "".join(it.capitalize() for it in method.name.split("_")) + "Request")()


async def ask(it: Stage, method: Method, name: str, fields: Fields, words: Mapping[str, str]) -> None:
    service = it.client.operator_service if method.service == "operator" else it.service
    request = ParseDict(filled(fields, words), request_of(method))
    try:
        answer = await getattr(service, method.name)(request, timeout=PATIENCE)
        # Made up anew at each call.
        it.run_names |= {found: "<id>" for found in UUID.findall(str(answer))}
        it.keep(f"{method.name}: {name}: OK", answer if method.told else {"value": "answered"})
    except RPCError as error:
        it.keep(f"{method.name}: {name}: {error.status.name}", {"details": details_of(error)})


async def all_of(it: Stage, methods: list[Method], words: dict[str, str]) -> None:
    for method in methods:
        fields = request_of(method).DESCRIPTOR.fields_by_name
        base = ({"namespace": NAMESPACE} if "namespace" in fields else {}) | method.base
        # One that is registered can't be unknown.
        of_every_one = OF_EVERY_ONE if base.get("namespace", "{new}") != "{new}" else {}
        for name, changes in (of_every_one | method.cases).items():
            if name in method.uncertain:
                continue
            await ask(it, method, name, changed(base, changes), words)
        if base:
            await ask(it, method, "nothing", {}, words)
        if method.valid or not base:
            await ask(it, method, "as it is", base, words)


async def runs(it: Stage) -> dict[str, str]:
    """An open one and a closed one, which are not looked at afterwards."""
    start = it.client.start_workflow
    opened = await start("waits", id=f"{it.name}-open", task_queue=QUEUE)
    await it.until(opened.id, "WORKFLOW_TASK_COMPLETED")
    closed = await start("echo", "done", id=f"{it.name}-closed", task_queue=QUEUE)
    await closed.result()
    return {"open": opened.id, "closed": closed.id, "closed_run": closed.first_execution_run_id or ""}


async def schedule(it: Stage) -> dict[str, str]:
    paused = plays.schedule(it, spec=ScheduleSpec(), state=ScheduleState(paused=True))
    return {"schedule": (await it.client.create_schedule(it.name, paused)).id}


async def activity(it: Stage) -> dict[str, str]:
    fields = {
        "namespace": NAMESPACE,
        "activity_id": it.name,
        "activity_type": {"name": "nobody-does-it"},
        "task_queue": {"name": "nobody"},
        "start_to_close_timeout": "60s",
    }
    await it.service.start_activity_execution(ParseDict(fields, workflowservice.v1.StartActivityExecutionRequest()))
    return {"activity": it.name}


async def namespace(it: Stage) -> dict[str, str]:
    request = workflowservice.v1.RegisterNamespaceRequest(namespace=it.name)
    request.workflow_execution_retention_period.FromSeconds(86400)
    await it.service.register_namespace(request)
    return {"namespace": it.name}


async def batch(it: Stage) -> dict[str, str]:
    """One that is done."""
    words = {"job": fresh()} | await runs(it)
    fields = BATCH | {"namespace": NAMESPACE, "job_id": words["job"]}
    request = ParseDict(fields, workflowservice.v1.StartBatchOperationRequest())
    described = workflowservice.v1.DescribeBatchOperationRequest(namespace=NAMESPACE, job_id=words["job"])

    async def is_done() -> bool:
        state = (await it.service.describe_batch_operation(described)).state
        return state == BatchOperationState.BATCH_OPERATION_STATE_COMPLETED

    await it.service.start_batch_operation(request)
    await eventually(is_done)
    return words


async def nothing(_: Stage) -> dict[str, str]:
    return {}


PREPARED: dict[str, Callable[[Stage], Awaitable[dict[str, str]]]] = {
    "workflows": runs,
    "lists": nothing,
    "schedules": schedule,
    "activities": runs,
    "standalone": activity,
    "batches": batch,
    "workers": nothing,
    "namespaces": namespace,
}


def family(name: str, methods: list[Method]) -> None:
    async def run(it: Stage) -> None:
        await all_of(it, methods, {"long": LONG} | await PREPARED[name](it))

    plays.ALL[f"requests-{name}"] = run
    plays.ONCE.add(f"requests-{name}")


for name, methods in FAMILIES.items():
    family(name, methods)
