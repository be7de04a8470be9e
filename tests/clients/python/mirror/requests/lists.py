"""Of lists and counts."""

from mirror.requests.method import MAXIMUM, PAGED, Fields, Method

LISTED: dict[str, Fields] = {
    "garbled": {"query": "x y"},
    "an unknown attribute": {"query": "Nope = 1"},
    "another type": {"query": "StartTime = 1"},
    "an open quote": {"query": "WorkflowId = 'x"},
    "a date without a time": {"query": "StartTime > '2026-11-22'"},
    "ordered": {"query": "ORDER BY StartTime"},
    "like": {"query": "WorkflowId LIKE 'x'"},
    "an unknown status": {"query": "ExecutionStatus = 'Dancing'"},
    "in small letters": {"query": "executionstatus = 'Running'"},
    "a number in quotes": {"query": "Items = '1'"},
    "grouped": {"query": "GROUP BY WorkflowType"},
    "grouped by two": {"query": "GROUP BY ExecutionStatus, WorkflowType"},
}
WINDOW = {"type_filter": {"name": "what-nobody-starts"}, "start_time_filter": {"earliest_time": "2026-01-01T00:00:00Z", "latest_time": "2026-01-02T00:00:00Z"}}
OLD_LISTS: dict[str, Fields] = MAXIMUM | {
    "no window": {"start_time_filter": None},
    "no earliest": {"start_time_filter.earliest_time": None},
    "no latest": {"start_time_filter.latest_time": None},
    "a window backwards": {
        "start_time_filter": {"earliest_time": "2026-01-02T00:00:00Z", "latest_time": "2026-01-01T00:00:00Z"}
    },
    "an empty id": {"type_filter": None, "execution_filter": {}},
    "an empty type": {"type_filter": {}},
}

LISTS = [
    Method("list_workflow_executions", {}, LISTED | PAGED),
    Method("scan_workflow_executions", {}, LISTED | PAGED),
    Method("count_workflow_executions", {}, LISTED),
    Method("list_archived_workflow_executions", {}, {}, True),
    Method("list_open_workflow_executions", WINDOW, OLD_LISTS, True),
    Method(
        "list_closed_workflow_executions",
        WINDOW,
        OLD_LISTS | {"no status": {"type_filter": None, "status_filter": {}}, "running": {"type_filter": None, "status_filter": {"status": 1}}},
        True,
    ),
    Method("get_search_attributes", told=False),
]
