"""Of runs."""

from mirror.requests.method import LONG, MAXIMUM, OF_RUNS, OPEN, Fields, Method, flat, named

START: Fields = {
    "workflow_id": "{new}",
    "workflow_type": {"name": "waits"},
    "task_queue": {"name": "mirror"},
    "request_id": "{uuid}",
    # Nobody works on it: what is looked at is what the server makes of the request.
    "workflow_start_delay": "3600s",
}
AT_ONCE: Fields = START | {"workflow_start_delay": None}
STARTS: dict[str, Fields] = {
    "no id": {"workflow_id": ""},
    "a long id": {"workflow_id": LONG},
    "no type": {"workflow_type": None},
    "an empty type": {"workflow_type.name": ""},
    "a long type": {"workflow_type.name": LONG},
    "no queue": {"task_queue": None},
    "an empty queue": {"task_queue.name": ""},
    "a long queue": {"task_queue.name": LONG},
    "a reserved queue": {"task_queue.name": "/_sys/mirror/1"},
    "a sticky queue": {"task_queue.kind": 2},
    "no such kind of queue": {"task_queue.kind": 17},
    "a long request id": {"request_id": LONG},
    "a long identity": {"identity": LONG},
    "a negative execution timeout": {"workflow_execution_timeout": "-1s"},
    "a negative run timeout": {"workflow_run_timeout": "-1s"},
    "a negative task timeout": {"workflow_task_timeout": "-1s"},
    "a negative delay": {"workflow_start_delay": "-1s"},
    "a retry policy of nothing": {"retry_policy": {}},
    "a negative interval": {"retry_policy": {"initial_interval": "-1s"}},
    "a small coefficient": {"retry_policy": {"initial_interval": "1s", "backoff_coefficient": 0.5}},
    "a negative coefficient": {"retry_policy": {"initial_interval": "1s", "backoff_coefficient": -2}},
    "a maximum below the initial": {"retry_policy": {"initial_interval": "10s", "maximum_interval": "1s"}},
    "a negative maximum": {"retry_policy": {"initial_interval": "1s", "maximum_interval": "-1s"}},
    "negative attempts": {"retry_policy": {"initial_interval": "1s", "maximum_attempts": -1}},
    "a wrong time limit to be left": {"retry_policy": {"non_retryable_error_types": ["TemporalTimeout:No"]}},
    "no such reuse policy": {"workflow_id_reuse_policy": 17},
    "no such conflict policy": {"workflow_id_conflict_policy": 17},
    "policies that contradict": {"workflow_id_reuse_policy": 3, "workflow_id_conflict_policy": 3},
    "policies that say it twice": {"workflow_id_reuse_policy": 4, "workflow_id_conflict_policy": 1},
    "a wrong cron": {"cron_schedule": "x", "workflow_start_delay": None},
    "a cron that never comes": {"cron_schedule": "0 0 30 2 *", "workflow_start_delay": None},
    "a cron and a delay": {"cron_schedule": "@every 1h", "workflow_start_delay": "1s"},
    "an unknown attribute": {"search_attributes": {"indexed_fields": {"Nope": {"data": "MQ=="}}}},
    "an attribute of the server's": {"search_attributes": {"indexed_fields": {"WorkflowId": {"data": "IjEi"}}}},
    "an attribute of another type": {
        "search_attributes": {"indexed_fields": {"Items": {"metadata": {"encoding": "anNvbi9wbGFpbg=="}, "data": "InQi"}}}
    },
    "an attribute without encoding": {"search_attributes": {"indexed_fields": {"Items": {"data": "MQ=="}}}},
    "a negative priority": {"priority": {"priority_key": -1}},
    "a high priority": {"priority": {"priority_key": 17}},
    "a long fairness key": {"priority": {"fairness_key": "k" * 65}},
    "a negative weight": {"priority": {"fairness_weight": -1}},
    "a callback": {"completion_callbacks": [{"nexus": {"url": "http://localhost/x"}}]},
    "an override without behavior": {"versioning_override": {}},
    "an override without a version": {"versioning_override": {"pinned": {}}},
    "taken": {"workflow_id": "{open}"},
    "taken, for duplicates of failures": {"workflow_id": "{closed}", "workflow_id_reuse_policy": 2},
    "taken, for no duplicates": {"workflow_id": "{closed}", "workflow_id_reuse_policy": 3},
    "no request id": {"request_id": ""},
    "conflict options that hold together": {
        "workflow_id": "{open}",
        "workflow_id_conflict_policy": 2,
        "on_conflict_options": {"attach_completion_callbacks": True},
    },
    "a request to be attached": {
        "workflow_id": "{open}",
        "workflow_id_conflict_policy": 2,
        "on_conflict_options": {"attach_request_id": True},
    },
}

CHAINS: dict[str, Fields] = {
    "of another chain": {"first_execution_run_id": "{uuid}"},
    "of a chain that is none": {"first_execution_run_id": "x"},
}
PAUSES: dict[str, Fields] = flat(OF_RUNS) | {
    "a long request id": {"request_id": LONG},
    "a long identity": {"identity": LONG},
    "a long reason": {"reason": LONG},
    "no request id": {"request_id": ""},
}

WORKFLOWS = [
    Method("start_workflow_execution", START, STARTS, True),
    Method(
        "signal_workflow_execution",
        {"workflow_execution": OPEN, "signal_name": "noted", "request_id": "{uuid}"},
        OF_RUNS
        | {
            "no name": {"signal_name": ""},
            "a long name": {"signal_name": LONG},
            "a reserved name": {"signal_name": "__temporal_x"},
            "a long request id": {"request_id": LONG},
            "a long identity": {"identity": LONG},
            "no request id": {"request_id": ""},
            "a link that leads nowhere": {"links": [{"batch_job": {}}]},
        },
        True,
    ),
    Method(
        "signal_with_start_workflow_execution",
        START | {"signal_name": "noted"},
        {name: it for name, it in STARTS.items() if name != "a callback" and "on_conflict_options" not in it}
        | {
            "no signal": {"signal_name": ""},
            "a long signal": {"signal_name": LONG},
            "to fail in a conflict": {"workflow_id_conflict_policy": 1},
        },
        True,
    ),
    Method(
        "query_workflow",
        {"execution": OPEN, "query": {"query_type": "heard"}},
        named(OF_RUNS, "execution")
        | {
            "no query": {"query": None},
            "no type": {"query.query_type": ""},
            "a long type": {"query.query_type": LONG},
            "an unknown type": {"query.query_type": "no-such"},
            "no such condition": {"query_reject_condition": 17},
            "not of open ones": {"execution.workflow_id": "{closed}", "query_reject_condition": 2},
            "not of ill ones": {"execution.workflow_id": "{closed}", "query_reject_condition": 3},
        },
        True,
    ),
    Method(
        "update_workflow_execution",
        {
            "workflow_execution": OPEN,
            "wait_policy": {"lifecycle_stage": 3},
            "request": {"meta": {"update_id": "{uuid}"}, "input": {"name": "no-such"}},
        },
        OF_RUNS
        | {
            "no request": {"request": None},
            "no meta": {"request.meta": None},
            "no update id": {"request.meta.update_id": ""},
            "a long update id": {"request.meta.update_id": LONG},
            "no input": {"request.input": None},
            "no name": {"request.input.name": ""},
            "a long name": {"request.input.name": LONG},
            "a reserved name": {"request.input.name": "__x"},
            "no wait policy": {"wait_policy": None},
            "no stage": {"wait_policy.lifecycle_stage": 0},
            "admitted": {"wait_policy.lifecycle_stage": 1},
            "no such stage": {"wait_policy.lifecycle_stage": 17},
        }
        | CHAINS,
        True,
    ),
    Method(
        "poll_workflow_execution_update",
        {
            "update_ref": {"workflow_execution": OPEN, "update_id": "unknown"},
            "wait_policy": {"lifecycle_stage": 3},
        },
        named(OF_RUNS, "update_ref.workflow_execution")
        | {
            "no reference": {"update_ref": None},
            "no update id": {"update_ref.update_id": ""},
            "a long update id": {"update_ref.update_id": LONG},
            "no wait policy": {"wait_policy": None},
            "no such stage": {"wait_policy.lifecycle_stage": 17},
        },
        True,
    ),
    Method(
        "execute_multi_operation",
        {
            "operations": [
                {"start_workflow": AT_ONCE | {"namespace": "default", "workflow_id_conflict_policy": 2, "workflow_id": "{open}"}},
                {
                    "update_workflow": {
                        "namespace": "default",
                        "workflow_execution": OPEN,
                        "wait_policy": {"lifecycle_stage": 3},
                        "request": {"meta": {"update_id": "{uuid}"}, "input": {"name": "no-such"}},
                    }
                },
            ]
        },
        {
            "no operations": {"operations": []},
            "one operation": {"operations": [{"start_workflow": {}}]},
            "two starts": {"operations": [{"start_workflow": {}}, {"start_workflow": {}}]},
            "two updates": {"operations": [{"update_workflow": {}}, {"update_workflow": {}}]},
            "the wrong order": {"operations": [{"update_workflow": {}}, {"start_workflow": {}}]},
            "nothing in them": {"operations": [{}, {}]},
            "empty ones": {"operations": [{"start_workflow": {}}, {"update_workflow": {}}]},
            "another namespace": {"operations.0.start_workflow.namespace": "other"},
            "another namespace to update": {"operations.1.update_workflow.namespace": "other"},
            "another id": {"operations.1.update_workflow.workflow_execution.workflow_id": "other"},
            "a run": {"operations.1.update_workflow.workflow_execution.run_id": "{uuid}"},
            "a first run": {"operations.1.update_workflow.first_execution_run_id": "{uuid}"},
            "no type": {"operations.0.start_workflow.workflow_type": None},
            "no queue": {"operations.0.start_workflow.task_queue": None},
            "no conflict policy": {"operations.0.start_workflow.workflow_id_conflict_policy": 0},
            "a cron": {"operations.0.start_workflow.cron_schedule": "@every 1h"},
            "a delay": {"operations.0.start_workflow.workflow_start_delay": "1s"},
            "eager": {"operations.0.start_workflow.request_eager_execution": True},
            "no update": {"operations.1.update_workflow.request": None},
            "no update name": {"operations.1.update_workflow.request.input.name": ""},
            "admitted": {"operations.1.update_workflow.wait_policy.lifecycle_stage": 1},
            "no wait policy": {"operations.1.update_workflow.wait_policy": None},
            "taken": {"operations.0.start_workflow.workflow_id_conflict_policy": 1},
        },
        True,
    ),
    Method(
        "describe_workflow_execution",
        {"execution": OPEN},
        named(OF_RUNS, "execution"),
        told=False,
    ),
    Method(
        "get_workflow_execution_history",
        {"execution": OPEN},
        named(OF_RUNS, "execution")
        | MAXIMUM
        | {
            "a page of one": {"maximum_page_size": 1},
            "no such filter": {"history_event_filter_type": 17},
            "the close event of an open run": {"history_event_filter_type": 2},
            "the close event": {"history_event_filter_type": 2, "execution.workflow_id": "{closed}"},
        },
        told=False,
    ),
    Method(
        "get_workflow_execution_history_reverse",
        {"execution": OPEN},
        named(OF_RUNS, "execution") | MAXIMUM,
        told=False,
    ),
    Method(
        "reset_workflow_execution",
        {"workflow_execution": OPEN, "request_id": "{uuid}", "workflow_task_finish_event_id": 4, "reason": "why not"},
        OF_RUNS
        | {
            "no request id": {"request_id": ""},
            "a long request id": {"request_id": LONG},
            "no event": {"workflow_task_finish_event_id": 0},
            "a negative event": {"workflow_task_finish_event_id": -1},
            "the first event": {"workflow_task_finish_event_id": 1},
            "an event that is not there": {"workflow_task_finish_event_id": 1000},
            "no such reapply type": {"reset_reapply_type": 17},
            "no such exclusion": {"reset_reapply_exclude_types": [17]},
            "an empty operation": {"post_reset_operations": [{}]},
        },
    ),
    Method("delete_workflow_execution", {"workflow_execution": OPEN}, {k: v for k, v in OF_RUNS.items() if k != "a closed run"}),
    Method(
        "pause_workflow_execution",
        OPEN | {"request_id": "{uuid}"},
        PAUSES,
        True,
    ),
    Method(
        "unpause_workflow_execution",
        OPEN | {"request_id": "{uuid}"},
        PAUSES | {"again": {}},
        True,
    ),
    Method(
        "update_workflow_execution_options",
        {"workflow_execution": OPEN, "workflow_execution_options": {}, "update_mask": "priority"},
        OF_RUNS
        | {
            "no mask": {"update_mask": None},
            "an empty mask": {"update_mask": ""},
            "an unknown path": {"update_mask": "noSuch"},
            "no options": {"workflow_execution_options": None},
            "an override without a version": {
                "workflow_execution_options": {"versioning_override": {"pinned": {}}},
                "update_mask": "versioningOverride",
            },
            "an override of nothing": {
                "workflow_execution_options": {"versioning_override": {}},
                "update_mask": "versioningOverride",
            },
            "a negative priority": {"workflow_execution_options": {"priority": {"priority_key": -1}}},
        },
        True,
    ),
    Method(
        "request_cancel_workflow_execution",
        {"workflow_execution": OPEN, "request_id": "{uuid}"},
        OF_RUNS
        | CHAINS
        | {
            "a long request id": {"workflow_execution.workflow_id": "{closed}", "request_id": LONG},
            "a long identity": {"workflow_execution.workflow_id": "{closed}", "identity": LONG},
            "a long reason": {"workflow_execution.workflow_id": "{closed}", "reason": LONG},
            "a closed run by its id": {"workflow_execution.workflow_id": "{closed}", "workflow_execution.run_id": "{closed_run}"},
            "a link that leads nowhere": {"workflow_execution.workflow_id": "{closed}", "links": [{"batch_job": {}}]},
        },
    ),
    Method(
        "terminate_workflow_execution",
        {"workflow_execution": OPEN},
        OF_RUNS
        | CHAINS
        | {
            "a link that leads nowhere": {"workflow_execution.workflow_id": "{closed}", "links": [{"batch_job": {}}]},
        },
        True,
    ),
]
