"""Temporal's HTTP API by nothing but HTTP, and the document that describes it. Prints what it sees."""

import json
import sys
import urllib.error
import urllib.parse
import urllib.request

from jsonschema import Draft4Validator
from openapi_spec_validator import validate

BASE = sys.argv[1]
WORKFLOWS = "/api/v1/namespaces/default/workflows"


def call(method: str, path: str, body: object = None, headers: dict[str, str] = {}) -> tuple[int, object]:
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(BASE + path, data, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as response:
            return response.status, json.load(response)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


_, document = call("GET", "/openapi.json")
validate(document)
# Where Temporal has its own.
print("at all places:", all(call("GET", path)[1] == document for path in ["/swagger.json", "/openapi.yaml"]))


def checked(method: str, template: str, path: str, body: object = None) -> object:
    """The answer, which must be as the document says. `template` is relative to the namespace."""
    template = "/api/v1/namespaces/{namespace}" + template
    operation = document["paths"][template][method.lower()]
    status, answer = call(method, path, body)
    key = "200" if status == 200 else "default"
    schema = operation["responses"][key]["content"]["application/json"]["schema"]
    Draft4Validator({**schema, "components": document["components"]}).validate(answer)
    return answer


run = checked(
    "POST",
    "/workflows/{workflow_id}",
    f"{WORKFLOWS}/desk%2F1",
    {"workflowType": {"name": "desk"}, "taskQueue": {"name": "desk"}, "memo": {"fields": {"owner": "ann"}}},
)
print("started:", run["started"], run["status"])

# Plain JSON in, plain JSON out; the id has a slash.
update = checked(
    "POST",
    "/workflows/{workflow_execution.workflow_id}/update/{request.input.name}",
    f"{WORKFLOWS}/desk%2F1/update/pay",
    {
        "request": {"meta": {"updateId": "first"}, "input": {"args": ["7", 0]}},
        "waitPolicy": {"lifecycleStage": "UPDATE_WORKFLOW_EXECUTION_LIFECYCLE_STAGE_COMPLETED"},
    },
)
print("refused:", update["outcome"]["failure"]["message"])
query = checked(
    "POST", "/workflows/{execution.workflow_id}/query/{query.query_type}", f"{WORKFLOWS}/desk%2F1/query/total", {}
)
print("total:", query["queryResult"])
described = checked("GET", "/workflows/{execution.workflow_id}", f"{WORKFLOWS}/desk%2F1")
print("described:", described["workflowExecutionInfo"]["status"], described["workflowExecutionInfo"]["memo"])

checked(
    "POST",
    "/workflows/{workflow_execution.workflow_id}/signal/{signal_name}",
    f"{WORKFLOWS}/desk%2F1/signal/close",
    {"input": []},
)
# A poll that is held until the run has ended.
history = checked(
    "GET",
    "/workflows/{execution.workflow_id}/history",
    f"{WORKFLOWS}/desk%2F1/history?waitNewEvent=true&historyEventFilterType=HISTORY_EVENT_FILTER_TYPE_CLOSE_EVENT",
)
print("result:", [it["workflowExecutionCompletedEventAttributes"]["result"] for it in history["history"]["events"]])
_, whole = call("GET", f"{WORKFLOWS}/desk%2F1/history?history_event_filter_type=2&noPayloadShorthand")
print("whole:", whole["history"]["events"][0]["workflowExecutionCompletedEventAttributes"]["result"])

query = urllib.parse.quote('WorkflowType = "desk"')
listed = checked("GET", "/workflows", f"{WORKFLOWS}?pageSize=10&query={query}")
print("listed:", [it["execution"]["workflowId"] for it in listed["executions"]])
print("counted:", checked("GET", "/workflow-count", f"/api/v1/namespaces/default/workflow-count?query={query}"))

# What goes wrong says so.
print(*call("GET", f"{WORKFLOWS}/nobody"))
print(*call("GET", f"{WORKFLOWS}?pageSize=many"))
print("a parameter that nobody knows:", call("GET", f"{WORKFLOWS}?pageSise=1&_=1")[0])
again = {"workflowType": {"name": "desk"}, "taskQueue": {"name": "desk"}}
call("POST", f"{WORKFLOWS}/twice", again)
status, answer = call("POST", f"{WORKFLOWS}/twice", again)
print("twice:", status, sorted(answer["details"][0]))
print(*call("POST", f"{WORKFLOWS}/x", {"workflowTyp": 1}))
print(*call("POST", f"{WORKFLOWS}/x", ["no object"]))
print(*call("DELETE", f"{WORKFLOWS}/x"))
print(*call("GET", "/workflows"))
print(*call("GET", WORKFLOWS, headers={"Origin": "https://evil.example"}))
print(*call("GET", WORKFLOWS, headers={"Host": "evil.example"}))
print(call("POST", f"{WORKFLOWS}/x", {"identity": "x" * (4 << 20)})[0])
