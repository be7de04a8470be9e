"""The same calls over HTTP: codes, errors, parameters, and JSON as both write it."""

import asyncio
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from mirror.plays import ONCE, play
from mirror.refusals import UUID
from mirror.scrub import TIME
from mirror.stage import QUEUE, Stage

API = "/api/v1/namespaces"
DEFAULT = f"{API}/default"
# Numbers of events and of tasks, and bytes that mean something to the server only.
OPAQUE = re.compile(r"(.*Token|taskId|.*[eE]ventId|buildId|sdk.*|identity|.*Identity|coreUsedFlags|.*SizeBytes)")
START: dict[str, Any] = {
    "workflowType": {"name": "waits"},
    "taskQueue": {"name": QUEUE},
    "memo": {"fields": {"owner": "ann"}},
    "requestId": "first",
}
ECHO = START | {"workflowType": {"name": "echo"}, "input": ["two words"], "requestId": "second"}
SCHEDULE: dict[str, Any] = {
    "schedule": {
        "spec": {"interval": [{"interval": "3600s"}]},
        "action": {
            "startWorkflow": {
                "workflowId": "x",
                "workflowType": {"name": "echo"},
                "taskQueue": {"name": QUEUE},
                "input": ["a", 1, None, {"b": [True]}],
            }
        },
        "state": {"paused": True},
    },
    "requestId": "first",
}
ACTIVITY: dict[str, Any] = {
    "activityType": {"name": "nobody-does-it"},
    "taskQueue": {"name": "nobody"},
    "startToCloseTimeout": "60s",
    "requestId": "first",
}


def call(method: str, url: str, body: Any) -> tuple[int, str]:
    data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(url, data, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def scrubbed(value: Any) -> Any:
    """Without what each server makes up, and without the words of errors."""
    if isinstance(value, dict):
        if "code" in value and "message" in value:
            value = {key: it for key, it in value.items() if key != "message"}
        return {key: "<opaque>" if OPAQUE.fullmatch(key) else scrubbed(it) for key, it in value.items()}
    if isinstance(value, list):
        return [scrubbed(it) for it in value]
    return TIME.sub("<time>", UUID.sub("<id>", value)) if isinstance(value, str) else value


@play
async def over_http(it: Stage) -> None:
    async def tell(name: str, method: str, path: str, body: Any = None) -> None:
        status, text = await asyncio.to_thread(call, method, it.http + path, body)
        it.keep(f"{name}: {status}", {"value": scrubbed(json.loads(text))})

    workflows = f"{DEFAULT}/workflows"
    opened, closed = f"{workflows}/{it.name}-open", f"{workflows}/{it.name}-closed"
    await tell("start", "POST", opened, START)
    await tell("start again", "POST", opened, START | {"requestId": "again"})
    await tell("start another", "POST", closed, ECHO)
    for name, body in {
        "nothing": b"",
        "half of a body": b"{",
        "a list": [1],
        "an empty body": {},
        "an unknown field": START | {"workflowTyp": 1},
        "no queue": START | {"taskQueue": None},
        "a wrong duration": START | {"workflowRunTimeout": "x"},
        "a wrong number": START | {"workflowRunTimeout": 17},
        "a wrong enum": START | {"workflowIdReusePolicy": "NOPE"},
        "a wrong type": START | {"workflowType": "waits"},
    }.items():
        await tell(f"start with {name}", "POST", f"{workflows}/{it.name}-never", body)
    await tell("an enum by its number", "POST", closed, ECHO | {"workflowIdReusePolicy": 3, "requestId": "third"})
    of_none = {"namespace": "other", "workflowId": "other", "requestId": "fourth"}
    await tell("ids in the body", "POST", f"{workflows}/{it.name}-in-path", START | of_none)
    await it.until(f"{it.name}-open", "WORKFLOW_TASK_COMPLETED")
    await it.until(f"{it.name}-closed", "WORKFLOW_EXECUTION_COMPLETED")

    await tell("nobody", "GET", f"{workflows}/{it.name}-nobody")
    await tell("nowhere", "GET", f"{API}/nowhere/workflows/x")
    close = "historyEventFilterType=HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT"
    await tell("result", "GET", f"{closed}/history?{close}&waitNewEvent=true")
    await tell("result, in snakes", "GET", f"{closed}/history?history_event_filter_type=2")
    await tell("result, whole", "GET", f"{closed}/history?{close}&noPayloadShorthand")
    await tell("result of an open one", "GET", f"{opened}/history?{close}")
    await tell("the last event", "GET", f"{closed}/history-reverse?maximumPageSize=1")
    await tell("a wrong number in a parameter", "GET", f"{opened}/history?maximumPageSize=x")
    await tell("a wrong enum in a parameter", "GET", f"{opened}/history?historyEventFilterType=NOPE")
    await tell("a wrong token", "GET", f"{opened}/history?nextPageToken=eA==")
    of_nobody = urllib.parse.urlencode({"query": "WorkflowId = 'nobody'"})
    await tell("count", "GET", f"{DEFAULT}/workflow-count?{of_nobody}")
    await tell("list", "GET", f"{workflows}?{of_nobody}")
    await tell("a wrong query", "GET", f"{workflows}?query=x%20y")
    await tell("query", "POST", f"{opened}/query/no-such", {})
    await tell("signal", "POST", f"{opened}/signal/noted", {"input": [1, "two"]})
    await tell("signal without a body", "POST", f"{opened}/signal/noted", b"")
    await tell("signal nobody", "POST", f"{workflows}/{it.name}-nobody/signal/noted", {})
    await tell("signal the closed one", "POST", f"{closed}/signal/noted", {})
    await tell("signal with start", "POST", f"{workflows}/{it.name}-both/signal-with-start/noted", START)
    await tell("terminate", "POST", f"{opened}/terminate", {"reason": "enough"})
    await tell("terminate again", "POST", f"{opened}/terminate", {})
    await tell("cancel", "POST", f"{opened}/cancel", {"requestId": "fifth"})

    schedules = f"{DEFAULT}/schedules/{it.name}"
    await tell("create a schedule", "POST", schedules, SCHEDULE)
    await tell("describe the schedule", "GET", schedules)
    times = "startTime=2031-01-01T00:00:00Z&endTime=2031-01-01T03:00:00Z"
    await tell("its times", "GET", f"{schedules}/matching-times?{times}")
    await tell("patch the schedule", "POST", f"{schedules}/patch", {"patch": {"pause": "a while"}, "requestId": "p"})
    await tell("delete the schedule", "DELETE", schedules)
    await tell("delete it again", "DELETE", schedules)

    await tell("start an activity", "POST", f"{DEFAULT}/activities/{it.name}", ACTIVITY)
    await tell("start it again", "POST", f"{DEFAULT}/activities/{it.name}", ACTIVITY | {"requestId": "again"})
    await tell("no such batch", "GET", f"{DEFAULT}/batch-operations/nobody")
    await tell("no such worker", "GET", f"{DEFAULT}/workers/describe/nobody")
    await tell("no such namespace", "GET", f"{API}/nowhere")
    await tell("no such path", "GET", f"{DEFAULT}/nothing")
    await tell("nothing at all", "GET", "/")


ONCE.add("over-http")
