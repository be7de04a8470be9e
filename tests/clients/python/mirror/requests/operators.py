"""What operators ask: batches, queues, workers, namespaces, the server itself."""

from mirror.requests.method import LONG, OPEN, PAGED, QUERIED, Fields, Method

BATCH: Fields = {
    "job_id": "{uuid}",
    "reason": "spring",
    "visibility_query": "WorkflowId = 'nobody'",
    "termination_operation": {},
}
BATCHES = [
    Method(
        "start_batch_operation",
        BATCH,
        {
            "no job id": {"job_id": ""},
            "a long job id": {"job_id": LONG},
            "no reason": {"reason": ""},
            "no query": {"visibility_query": ""},
            "no operation": {"termination_operation": None},
            "a query and executions": {"executions": [OPEN]},
            "an execution without an id": {"visibility_query": "", "executions": [{}]},
            "an execution of no run": {"visibility_query": "", "executions": [{"workflow_id": "x", "run_id": "x"}]},
            "too many executions": {"visibility_query": "", "executions": [OPEN] * 1001},
            "a negative rate": {"max_operations_per_second": -1},
            "a wrong query": {"visibility_query": "x y"},
            "a signal without a name": {"termination_operation": None, "signal_operation": {}},
            "a reset of nothing": {"termination_operation": None, "reset_operation": {}},
            "an update of no options": {"termination_operation": None, "update_workflow_options_operation": {}},
            "an unpause of nothing": {"termination_operation": None, "unpause_activities_operation": {}},
            "a reset of no activities": {"termination_operation": None, "reset_activities_operation": {}},
            "no options of activities": {"termination_operation": None, "update_activity_options_operation": {}},
            "taken": {"job_id": "{job}"},
        },
        True,
    ),
    Method("describe_batch_operation", {"job_id": "nobody"}, {"no job id": {"job_id": ""}, "long": {"job_id": LONG}}, True),
    Method(
        "stop_batch_operation",
        {"job_id": "nobody", "reason": "enough"},
        {"no job id": {"job_id": ""}, "no reason": {"reason": ""}, "long": {"job_id": LONG}, "done": {"job_id": "{job}"}},
        True,
    ),
    Method("list_batch_operations", {}, {"a token that is none": {"next_page_token": "eA=="}}),
]

QUEUE: Fields = {"task_queue": {"name": "{new}"}, "task_queue_type": 2}
QUEUES: dict[str, Fields] = {
    "no queue": {"task_queue": None},
    "an empty queue": {"task_queue.name": ""},
    "a long queue": {"task_queue.name": LONG},
}
WORKERS = [
    Method(
        "describe_task_queue",
        QUEUE,
        QUEUES
        | {
            "no such type": {"task_queue_type": 17},
            "no such mode": {"api_mode": 17},
            "enhanced, no queue": {"api_mode": 1, "task_queue": None},
            "enhanced, no such type": {"api_mode": 1, "task_queue_types": [17]},
            "no type": {"task_queue_type": 0},
        },
        True,
    ),
    Method("list_task_queue_partitions", {"task_queue": {"name": "{new}"}}, QUEUES),
    Method(
        "update_task_queue_config",
        {"task_queue": "{new}", "task_queue_type": 2},
        {
            "no queue": {"task_queue": ""},
            "a long queue": {"task_queue": LONG},
            "no type": {"task_queue_type": 0},
            "no such type": {"task_queue_type": 17},
            "of workflows": {"task_queue_type": 1, "update_queue_rate_limit": {"rate_limit": {"requests_per_second": 1}}},
            "a negative rate": {"update_queue_rate_limit": {"rate_limit": {"requests_per_second": -1}}},
            "a long reason": {"update_queue_rate_limit": {"reason": LONG}},
            "a long key": {"set_fairness_weight_overrides": {"k" * 65: 1}},
            "a negative weight": {"set_fairness_weight_overrides": {"k": -1}},
            "set and unset": {"set_fairness_weight_overrides": {"k": 1}, "unset_fairness_weight_overrides": ["k"]},
            "a long identity": {"identity": LONG},
        },
        True,
    ),
    Method("record_worker_heartbeat", {}, {"an empty one": {"worker_heartbeat": [{}]}}, True),
    Method("shutdown_worker", {"worker_instance_key": "nobody"}, {"no key": {"worker_instance_key": ""}}, True),
    Method("list_workers", {"query": "TaskQueue = 'nobody'"}, PAGED | QUERIED, True),
    Method("count_workers", {"query": "TaskQueue = 'nobody'"}, QUERIED, True),
    Method("describe_worker", {"worker_instance_key": "nobody"}, {"no key": {"worker_instance_key": ""}}, True),
    Method("list_worker_deployments", {}, {"a token that is none": {"next_page_token": "eA=="}}),
    Method(
        "describe_worker_deployment",
        {"deployment_name": "nobody"},
        {"no name": {"deployment_name": ""}, "a long name": {"deployment_name": LONG}},
        True,
    ),
    Method(
        "describe_worker_deployment_version",
        {"deployment_version": {"deployment_name": "nobody", "build_id": "x"}},
        {
            "no version": {"deployment_version": None},
            "no build": {"deployment_version.build_id": ""},
            "no name": {"deployment_version.deployment_name": ""},
            "old": {"deployment_version": None, "version": "nobody.x"},
            "garbled": {"deployment_version": None, "version": "x"},
        },
        True,
    ),
    Method(
        "set_worker_deployment_current_version",
        {"deployment_name": "nobody", "build_id": "x"},
        {"no name": {"deployment_name": ""}, "a long name": {"deployment_name": LONG}},
        True,
    ),
    Method(
        "set_worker_deployment_ramping_version",
        {"deployment_name": "nobody", "build_id": "x", "percentage": 10},
        {
            "no name": {"deployment_name": ""},
            "too much": {"percentage": 101},
            "too little": {"percentage": -1},
        },
        True,
    ),
]

DAY = "86400s"
NAMESPACES = [
    Method(
        "register_namespace",
        {"namespace": "{new}", "workflow_execution_retention_period": DAY},
        {
            "no retention": {"workflow_execution_retention_period": None},
            "a short retention": {"workflow_execution_retention_period": "60s"},
            "a negative retention": {"workflow_execution_retention_period": "-1s"},
            "a long name": {"namespace": LONG},
            "a name with a slash": {"namespace": "a/b"},
            "a name with a blank": {"namespace": "a b"},
            "a name of the server's": {"namespace": "temporal-system"},
            "taken": {"namespace": "default"},
            "global": {"is_global_namespace": True},
            "another cluster": {"active_cluster_name": "other"},
            "other clusters": {"clusters": [{"cluster_name": "other"}]},
            "archived nowhere": {"history_archival_state": 2},
            "archived at a wrong place": {"history_archival_state": 2, "history_archival_uri": "x"},
        },
        True,
    ),
    Method("describe_namespace", {"namespace": "{namespace}"}, {"by an unknown id": {"namespace": "", "id": "{uuid}"}, "by a wrong id": {"namespace": "", "id": "x"}}, True),
    Method("list_namespaces", {}, {"a token that is none": {"next_page_token": "eA=="}, "a negative page": {"page_size": -1}}, told=False),
    Method(
        "update_namespace",
        {"namespace": "{namespace}", "update_info": {"description": "what is said", "data": {"a": "1"}}},
        {
            "no information": {"update_info": None},
            "no such state": {"update_info": {"state": 17}},
            "a short retention": {"config": {"workflow_execution_retention_ttl": "60s"}},
            "a negative retention": {"config": {"workflow_execution_retention_ttl": "-1s"}},
            "global": {"promote_namespace": True},
            "a bad binary": {"config": {"bad_binaries": {"binaries": {"x": {"reason": "x"}}}}},
            "no bad binary": {"delete_bad_binary": "x"},
            "another cluster": {"replication_config": {"active_cluster_name": "other"}},
        },
        True,
    ),
    Method("deprecate_namespace", {"namespace": "{namespace}"}, {}, True),
    Method(
        "delete_namespace",
        {"namespace": "nowhere"},
        {
            "both": {"namespace_id": "{uuid}"},
            "an unknown id": {"namespace": "", "namespace_id": "{uuid}"},
            "a negative delay": {"namespace_delete_delay": "-1s"},
            "the server's": {"namespace": "temporal-system"},
        },
        True,
        service="operator",
    ),
    Method(
        "add_search_attributes",
        {"search_attributes": {"Stage": 2}},
        {
            "none": {"search_attributes": {}},
            "an unknown type": {"search_attributes": {"New": 17}},
            "no type": {"search_attributes": {"New": 0}},
            "the server's": {"search_attributes": {"WorkflowId": 2}},
            "reserved": {"search_attributes": {"TemporalX": 2}},
            "an odd name": {"search_attributes": {"a-b": 2}},
            "an empty name": {"search_attributes": {"": 2}},
            "another type": {"search_attributes": {"Stage": 3}},
        },
        True,
        service="operator",
        # Not found, or UNAVAILABLE.
        uncertain=("an unknown namespace",),
    ),
    Method(
        "remove_search_attributes",
        {"search_attributes": ["Nope"]},
        {"none": {"search_attributes": []}, "the server's": {"search_attributes": ["WorkflowId"]}},
        True,
        service="operator",
    ),
    Method("list_search_attributes", service="operator"),
    Method("list_clusters", service="operator"),
    Method("list_nexus_endpoints", service="operator"),
    Method("get_system_info"),
    Method("get_cluster_info"),
]
