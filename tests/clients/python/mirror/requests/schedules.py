"""Of schedules."""

from mirror.requests.method import LONG, MAXIMUM, Fields, Method

ACTION: Fields = {
    "start_workflow": {"workflow_id": "x", "workflow_type": {"name": "waits"}, "task_queue": {"name": "mirror"}}
}
SCHEDULE: Fields = {"spec": {"interval": [{"interval": "3600s"}]}, "action": ACTION, "state": {"paused": True}}
SPECS: dict[str, Fields] = {
    "no schedule": {"schedule": None},
    "no spec": {"schedule.spec": None},
    "no action": {"schedule.action": None},
    "an empty action": {"schedule.action": {}},
    "no workflow id": {"schedule.action.start_workflow.workflow_id": ""},
    "a long workflow id": {"schedule.action.start_workflow.workflow_id": LONG},
    "no type": {"schedule.action.start_workflow.workflow_type": None},
    "no queue": {"schedule.action.start_workflow.task_queue": None},
    "a reuse policy": {"schedule.action.start_workflow.workflow_id_reuse_policy": 3},
    "a cron in the action": {"schedule.action.start_workflow.cron_schedule": "@every 1h"},
    "a negative timeout": {"schedule.action.start_workflow.workflow_run_timeout": "-1s"},
    "a wrong cron": {"schedule.spec": {"cron_string": ["x"]}},
    "a cron out of range": {"schedule.spec": {"cron_string": ["99 * * * *"]}},
    "a wrong zone": {"schedule.spec": {"cron_string": ["0 * * * *"], "timezone_name": "Nowhere/Land"}},
    "two zones": {"schedule.spec": {"cron_string": ["CRON_TZ=Europe/Paris 0 * * * *"], "timezone_name": "Asia/Tokyo"}},
    "a negative interval": {"schedule.spec": {"interval": [{"interval": "-1s"}]}},
    "no interval": {"schedule.spec": {"interval": [{}]}},
    "a short interval": {"schedule.spec": {"interval": [{"interval": "0.5s"}]}},
    "a phase beyond": {"schedule.spec": {"interval": [{"interval": "10s", "phase": "11s"}]}},
    "a negative phase": {"schedule.spec": {"interval": [{"interval": "10s", "phase": "-1s"}]}},
    "a wrong calendar": {"schedule.spec": {"calendar": [{"hour": "x"}]}},
    "an hour out of range": {"schedule.spec": {"structured_calendar": [{"hour": [{"start": 25}]}]}},
    "a range backwards": {"schedule.spec": {"structured_calendar": [{"hour": [{"start": 9, "end": 5}]}]}},
    "a negative step": {"schedule.spec": {"structured_calendar": [{"hour": [{"start": 1, "end": 5, "step": -1}]}]}},
    "a negative jitter": {"schedule.spec.jitter": "-1s"},
    "no such overlap": {"schedule.policies": {"overlap_policy": 17}},
    "a negative window": {"schedule.policies": {"catchup_window": "-1s"}},
    "an end before its start": {
        "schedule.spec.start_time": "2031-01-02T00:00:00Z",
        "schedule.spec.end_time": "2031-01-01T00:00:00Z",
    },
    "an unknown attribute": {"search_attributes": {"indexed_fields": {"Nope": {"data": "MQ=="}}}},
    "an unknown attribute in the action": {
        "schedule.action.start_workflow.search_attributes": {"indexed_fields": {"Nope": {"data": "MQ=="}}}
    },
    "a long request id": {"request_id": LONG},
    "a long identity": {"identity": LONG},
}
KNOWN: dict[str, Fields] = {
    "no id": {"schedule_id": ""},
    "a long id": {"schedule_id": LONG},
    "nobody's": {"schedule_id": "nobody"},
}
BACKFILL = {"start_time": "2026-01-02T00:00:00Z", "end_time": "2026-01-01T00:00:00Z"}

SCHEDULES = [
    Method(
        "create_schedule",
        {"schedule_id": "{new}", "schedule": SCHEDULE, "request_id": "{uuid}"},
        {
            "no id": {"schedule_id": ""},
            "a long id": {"schedule_id": LONG},
            "no request id": {"request_id": ""},
            "no such overlap of a patch": {"initial_patch": {"trigger_immediately": {"overlap_policy": 17}}},
            "a backfill of nothing": {"initial_patch": {"backfill_request": [{}]}},
            "pausing and unpausing": {"initial_patch": {"pause": "x", "unpause": "x"}},
            "taken": {"schedule_id": "{schedule}"},
        }
        | SPECS,
        True,
    ),
    Method("describe_schedule", {"schedule_id": "{schedule}"}, KNOWN, True),
    Method(
        "update_schedule",
        {"schedule_id": "{schedule}", "schedule": SCHEDULE, "request_id": "{uuid}"},
        KNOWN | SPECS | {"no request id": {"request_id": ""}},
        True,
    ),
    Method(
        "patch_schedule",
        {"schedule_id": "{schedule}", "patch": {"pause": "a while"}, "request_id": "{uuid}"},
        KNOWN
        | {
            "no patch": {"patch": None},
            "an empty patch": {"patch": {}},
            "no such overlap": {"patch": {"trigger_immediately": {"overlap_policy": 17}}},
            "a backfill of nothing": {"patch": {"backfill_request": [{}]}},
            "a backfill backwards": {"patch": {"backfill_request": [BACKFILL]}},
            "pausing and unpausing": {"patch": {"pause": "x", "unpause": "x"}},
            "a long pause": {"patch": {"pause": LONG}},
            "a long request id": {"request_id": LONG},
            "no request id": {"request_id": ""},
        },
        True,
    ),
    Method(
        "list_schedule_matching_times",
        {
            "schedule_id": "{schedule}",
            "start_time": "2031-01-01T00:00:00Z",
            "end_time": "2031-01-01T03:00:00Z",
        },
        KNOWN
        | {
            "no bounds": {"start_time": None, "end_time": None},
            "no start": {"start_time": None},
            "no end": {"end_time": None},
            "backwards": {"start_time": "2031-01-02T00:00:00Z"},
        },
        True,
    ),
    Method(
        "list_schedules",
        {"query": "TemporalSchedulePaused = true AND ScheduleId = 'nobody'"},
        MAXIMUM | {"garbled": {"query": "x y"}, "an unknown attribute": {"query": "Nope = 1"}},
    ),
    Method(
        "count_schedules",
        {"query": "ScheduleId = 'nobody'"},
        {"garbled": {"query": "x y"}, "an unknown attribute": {"query": "Nope = 1"}},
    ),
    Method("delete_schedule", {"schedule_id": "{schedule}"}, KNOWN, True),
]
