"""What a table of requests is made of."""

from dataclasses import dataclass, field
from typing import Any

Fields = dict[str, Any]


@dataclass
class Method:
    name: str
    #: A request that is right, beside the namespace.
    base: Fields = field(default_factory=dict)
    #: What is changed in it, by what that is called.
    cases: dict[str, Fields] = field(default_factory=dict)
    #: Whether the request that is right is sent too, last.
    valid: bool = False
    #: Whether what is answered is compared. If not, only that it is: other scenarios have the rest.
    told: bool = True
    service: str = "workflow"
    #: Cases of every method that Temporal's server does not always answer alike.
    uncertain: tuple[str, ...] = ()


LONG = "{long}"
NO_ID = {"no id": {"workflow_execution.workflow_id": ""}, "no execution": {"workflow_execution": None}}
OF_RUNS = NO_ID | {
    "a long id": {"workflow_execution.workflow_id": LONG},
    "nobody": {"workflow_execution.workflow_id": "nobody"},
    "a run id that is none": {"workflow_execution.run_id": "x"},
    "an unknown run": {"workflow_execution.run_id": "{uuid}"},
    "a closed run": {"workflow_execution.workflow_id": "{closed}"},
    "a run of another id": {"workflow_execution.run_id": "{closed_run}"},
}
OPEN = {"workflow_id": "{open}"}


def named(cases: dict[str, Fields], prefix: str) -> dict[str, Fields]:
    """The same of a field with another name."""
    return {
        name: {key.replace("workflow_execution", prefix, 1): value for key, value in changes.items()}
        for name, changes in cases.items()
    }


def flat(cases: dict[str, Fields]) -> dict[str, Fields]:
    """The same of a request that has the ids as fields of its own."""
    return {
        name: {key.removeprefix("workflow_execution."): value for key, value in changes.items()}
        for name, changes in cases.items()
        if "workflow_execution" not in changes
    }


QUERIED: dict[str, Fields] = {"garbled": {"query": "x y"}, "unknown": {"query": "Nope = 1"}}
PAGED: dict[str, Fields] = {
    "a token that is none": {"next_page_token": "eA=="},
    "a negative page": {"page_size": -1, "query": "WorkflowId = 'nobody'"},
    "a great page": {"page_size": 5000, "query": "WorkflowId = 'nobody'"},
}
MAXIMUM = {
    "a token that is none": {"next_page_token": "eA=="},
    "a negative page": {"maximum_page_size": -1},
}
