"""Of activities: their tasks, what operators do to them, and those without a workflow."""

from mirror.requests.method import LONG, OF_RUNS, OPEN, PAGED, QUERIED, Fields, Method, flat, named

TASK: Fields = {"task_token": "eA=="}
TASKS: dict[str, Fields] = {"no token": {"task_token": ""}, "a long identity": {"identity": LONG}}
BY_ID: Fields = {"workflow_id": "{open}", "activity_id": "unknown"}
BY_IDS: dict[str, Fields] = flat(OF_RUNS) | {
    "no activity": {"activity_id": ""},
    "a long activity": {"activity_id": LONG},
    "a long identity": {"identity": LONG},
}
POLL: Fields = {"task_queue": {"name": "{new}"}, "identity": "poller"}
PENDING: Fields = {"execution": OPEN, "id": "unknown"}
PENDINGS: dict[str, Fields] = named(OF_RUNS, "execution") | {
    "no activity": {"id": None},
    "an empty activity": {"id": ""},
    "a long activity": {"id": LONG},
    "by type": {"id": None, "type": "unknown"},
    "a long identity": {"identity": LONG},
}
NO_OPTIONS: dict[str, Fields] = {"no options": {"activity_options": None}, "no mask": {"update_mask": None}}
WRONG_OPTIONS: dict[str, Fields] = NO_OPTIONS | {
    "an unknown path": {"update_mask": "noSuch"},
    "a negative timeout": {"activity_options": {"start_to_close_timeout": "-1s"}},
}

ACTIVITIES = [
    Method(
        "poll_activity_task_queue",
        POLL,
        {
            "no queue": {"task_queue": None},
            "an empty queue": {"task_queue.name": ""},
            "a long queue": {"task_queue.name": LONG},
            "a long identity": {"identity": LONG},
            "a reserved queue": {"task_queue.name": "/_sys/mirror/1"},
            "no such kind of queue": {"task_queue.kind": 17},
            "a negative rate": {"task_queue_metadata": {"max_tasks_per_second": -1}},
        },
        True,
    ),
    *(
        Method(name, TASK, TASKS, True)
        for name in (
            "respond_activity_task_completed",
            "respond_activity_task_failed",
            "respond_activity_task_canceled",
            "record_activity_task_heartbeat",
        )
    ),
    *(
        Method(name, BY_ID, BY_IDS, True)
        for name in (
            "respond_activity_task_completed_by_id",
            "respond_activity_task_failed_by_id",
            "respond_activity_task_canceled_by_id",
            "record_activity_task_heartbeat_by_id",
        )
    ),
    Method("pause_activity", PENDING, PENDINGS | {"a long reason": {"reason": LONG}}, True),
    Method("unpause_activity", PENDING, PENDINGS | {"a negative jitter": {"jitter": "-1s"}}, True),
    Method("reset_activity", PENDING, PENDINGS | {"a negative jitter": {"jitter": "-1s"}}, True),
    Method(
        "update_activity_options",
        PENDING | {"activity_options": {"start_to_close_timeout": "1s"}, "update_mask": "startToCloseTimeout"},
        PENDINGS | WRONG_OPTIONS,
        True,
    ),
    *(
        Method(name, BY_ID, BY_IDS, True)
        for name in ("pause_activity_execution", "unpause_activity_execution", "reset_activity_execution")
    ),
    Method(
        "update_activity_execution_options",
        BY_ID | {"activity_options": {"start_to_close_timeout": "1s"}, "update_mask": "startToCloseTimeout"},
        BY_IDS | NO_OPTIONS,
        True,
    ),
]

ALONE: Fields = {
    "activity_id": "{new}",
    "activity_type": {"name": "nobody-does-it"},
    "task_queue": {"name": "{new}"},
    "start_to_close_timeout": "60s",
    "request_id": "{uuid}",
}
OF_ACTIVITIES: dict[str, Fields] = {
    "no id": {"activity_id": ""},
    "a long id": {"activity_id": LONG},
    "nobody's": {"activity_id": "nobody"},
    "a run id that is none": {"run_id": "x"},
    "an unknown run": {"run_id": "{uuid}"},
}
THIS: Fields = {"activity_id": "{activity}"}

STANDALONE = [
    Method(
        "start_activity_execution",
        ALONE,
        {
            "no id": {"activity_id": ""},
            "a long id": {"activity_id": LONG},
            "no type": {"activity_type": None},
            "a long type": {"activity_type.name": LONG},
            "no queue": {"task_queue": None},
            "a long queue": {"task_queue.name": LONG},
            "no timeouts": {"start_to_close_timeout": None},
            "a negative start to close": {"start_to_close_timeout": "-1s"},
            "a negative schedule to close": {"schedule_to_close_timeout": "-1s"},
            "a negative schedule to start": {"schedule_to_start_timeout": "-1s"},
            "a negative heartbeat": {"heartbeat_timeout": "-1s"},
            "a negative delay": {"start_delay": "-1s"},
            "a small coefficient": {"retry_policy": {"initial_interval": "1s", "backoff_coefficient": 0.5}},
            "negative attempts": {"retry_policy": {"maximum_attempts": -1}},
            "no such reuse policy": {"id_reuse_policy": 17},
            "no such conflict policy": {"id_conflict_policy": 17},
            "an unknown attribute": {"search_attributes": {"indexed_fields": {"Nope": {"data": "MQ=="}}}},
            "a long request id": {"request_id": LONG},
            "a long identity": {"identity": LONG},
            "a negative priority": {"priority": {"priority_key": -1}},
            "taken": {"activity_id": "{activity}"},
            "no request id": {"request_id": ""},
        },
        True,
    ),
    Method("describe_activity_execution", THIS, OF_ACTIVITIES | {"a token that is none": {"long_poll_token": "eA=="}}),
    Method("poll_activity_execution", THIS, OF_ACTIVITIES),
    Method("list_activity_executions", {}, PAGED | QUERIED),
    Method("count_activity_executions", {}, QUERIED),
    Method(
        "pause_activity_execution",
        THIS | {"request_id": "{uuid}"},
        OF_ACTIVITIES | {"a long identity": {"identity": LONG}},
        True,
    ),
    Method(
        "unpause_activity_execution",
        THIS | {"request_id": "{uuid}"},
        OF_ACTIVITIES | {"a negative jitter": {"jitter": "-1s"}},
        True,
    ),
    Method("reset_activity_execution", THIS, OF_ACTIVITIES | {"a negative jitter": {"jitter": "-1s"}}, True),
    Method(
        "update_activity_execution_options",
        THIS | {"activity_options": {"start_to_close_timeout": "50s"}, "update_mask": "startToCloseTimeout"},
        OF_ACTIVITIES | WRONG_OPTIONS,
        True,
    ),
    Method(
        "request_cancel_activity_execution",
        THIS | {"request_id": "{uuid}"},
        OF_ACTIVITIES | {"a long request id": {"request_id": LONG}},
        True,
    ),
    Method(
        "terminate_activity_execution",
        THIS | {"request_id": "{uuid}"},
        OF_ACTIVITIES | {"a long request id": {"request_id": LONG}},
        True,
    ),
    Method("delete_activity_execution", THIS, OF_ACTIVITIES, True),
]
