//! The list of statements. Each is a file, so that it can be read, planned and compared alone.

/// One statement. Its parameters are `$1`, `$2`, ..., which SQLite and PostgreSQL both take.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Statement {
    /// The file's name, as errors give it.
    pub(crate) name: &'static str,
    pub(crate) text: &'static str,
}

macro_rules! statements {
    ($($name:ident = $file:literal;)*) => {
        $(
            pub(crate) const $name: Statement =
                Statement { name: $file, text: include_str!(concat!("../sql/", $file, ".sql")) };
        )*

        #[cfg(test)]
        pub(crate) const ALL: &[Statement] = &[$($name),*];
    };
}

statements! {
    RUN_ADVANCE = "run_advance";
    CHANGES_CHECK = "changes_check";
    RUN_CHANGE = "run_change";
    RUN_INSERT = "run_insert";
    RUN_ATTRIBUTES_PUT = "run_attributes_put";
    RUN_OPTIONS_PUT = "run_options_put";
    SEARCH_ATTRIBUTES_DELETE_OF_RUNS = "search_attributes_delete_of_runs";
    SEARCH_ATTRIBUTES_INSERT = "search_attributes_insert";
    HISTORY_APPEND = "history_append";
    BLOB_INSERT = "blob_insert";
    RUN_BLOB_INSERT = "run_blob_insert";
    TIMER_PUT = "timer_put";
    TIMER_DELETE = "timer_delete";
    TIMER_DELETE_OF_RUNS = "timer_delete_of_runs";
    ACTIVITY_INSERT = "activity_insert";
    ACTIVITY_UPDATE = "activity_update";
    ACTIVITY_DELETE = "activity_delete";
    ACTIVITY_DELETE_OF_RUNS = "activity_delete_of_runs";
    STATE_PUT = "state_put";
    RUN_RESET_PUT = "run_reset_put";
    CHILD_PUT = "child_put";
    CHILD_DELETE = "child_delete";
    REQUEST_ATTACH = "request_attach";
    MESSAGE_TAKE = "message_take";
    MESSAGE_PUT = "message_put";
    SCHEDULE_PUT = "schedule_put";
    SCHEDULE_ATTRIBUTES_DELETE = "schedule_attributes_delete";
    SCHEDULE_ATTRIBUTES_INSERT = "schedule_attributes_insert";
    STANDALONE_PUT = "standalone_put";
    STANDALONE_ATTRIBUTES_INSERT = "standalone_attributes_insert";
    STANDALONE_FOLLOW = "standalone_follow";

    RUN_STALE = "run_stale";
    RUN_TAKEN = "run_taken";

    RUN_GET = "run_get";
    RUNS_CURRENT = "runs_current";
    RUNS_FAILING = "runs_failing";
    RUNS_PAUSED = "runs_paused";
    RUNS_EXPIRED = "runs_expired";
    RUNS_OF_NAMESPACE = "runs_of_namespace";

    RUN_DELETE = "run_delete";
    RUN_ATTRIBUTES_DELETE = "run_attributes_delete";
    HISTORY_DELETE = "history_delete";
    STATE_DELETE = "state_delete";
    RUN_RESETS_DELETE = "run_resets_delete";
    CHILDREN_DELETE = "children_delete";
    ATTACHED_REQUESTS_DELETE = "attached_requests_delete";
    ATTACHED_REQUESTS = "attached_requests";
    HISTORY_READ = "history_read";
    STATE_READ = "state_read";
    RUN_RESET_GET = "run_reset_get";
    CHILDREN_PENDING = "children_pending";
    REQUEST_IS_ATTACHED = "request_is_attached";

    RUNS_OF_KEYS = "runs_of_keys";

    MESSAGES_WAITING = "messages_waiting";
    MESSAGES_DELETE = "messages_delete";
    TIMERS_DUE = "timers_due";
    BLOBS_DELETE = "blobs_delete";
    BLOBS_DELETE_UNUSED = "blobs_delete_unused";
    RUN_BLOBS_DELETE = "run_blobs_delete";
    BLOBS_OF_RUN = "blobs_of_run";
    ACTIVITIES_DUE = "activities_due";
    ACTIVITIES_UNDER_WAY = "activities_under_way";
    ACTIVITIES_WANTING = "activities_wanting";
    ACTIVITIES_WAITING = "activities_waiting";
    ACTIVITIES_STARTED_BY = "activities_started_by";
    ACTIVITIES_OF_RUN = "activities_of_run";
    ACTIVITIES_PAUSED = "activities_paused";
    ACTIVITY_GET = "activity_get";
    ACTIVITIES_BACKLOG = "activities_backlog";
    ACTIVITIES_LINES = "activities_lines";

    STANDALONE_GET = "standalone_get";
    STANDALONE_LATEST = "standalone_latest";
    STANDALONE_OF_KEYS = "standalone_of_keys";
    STANDALONE_DELETE = "standalone_delete";
    STANDALONE_EXPIRE = "standalone_expire";
    STANDALONE_ATTRIBUTES_DELETE_ALL = "standalone_attributes_delete_all";
    STANDALONE_DELETE_ALL = "standalone_delete_all";

    BATCH_INSERT = "batch_insert";
    BATCH_UPDATE = "batch_update";
    BATCH_GET = "batch_get";
    BATCHES_LIST = "batches_list";
    BATCHES_RUNNING = "batches_running";
    BATCHES_EXPIRE = "batches_expire";
    BATCHES_DELETE = "batches_delete";

    TASK_QUEUE_PUT = "task_queue_put";
    TASK_QUEUES_LIST = "task_queues_list";
    TASK_QUEUES_DELETE = "task_queues_delete";

    SCHEDULE_GET = "schedule_get";
    SCHEDULE_DELETE = "schedule_delete";
    SCHEDULES_DELETE = "schedules_delete";
    SCHEDULES_AWAKE = "schedules_awake";
    SCHEDULES_OF_KEYS = "schedules_of_keys";
    SCHEDULE_ATTRIBUTES_DELETE_ALL = "schedule_attributes_delete_all";

    COMPONENT_INSERT = "component_insert";
    NAMESPACE_COMPONENT_PUT = "namespace_component_put";
    COMPONENT_GET = "component_get";
    COMPONENT_OF_NAMESPACE = "component_of_namespace";
    COMPONENTS_LIST = "components_list";

    COMPONENTS_WITH_CLOSED_RUNS = "components_with_closed_runs";
    COMPONENTS_FORGET = "components_forget";
    COMPONENTS_DELETE = "components_delete";
    RUNS_OPEN_BY_COMPONENT = "runs_open_by_component";
    RUNS_PINNED = "runs_pinned";

    DEPLOYMENTS_OF_QUEUE = "deployments_of_queue";
    DEPLOYMENTS_SERVING = "deployments_serving";
    DEPLOYMENTS_LIST = "deployments_list";
    DEPLOYMENT_INSERT = "deployment_insert";
    DEPLOYMENT_UPDATE = "deployment_update";

    SEARCH_ATTRIBUTE_TYPES_ADD = "search_attribute_types_add";
    SEARCH_ATTRIBUTE_TYPES_REMOVE = "search_attribute_types_remove";
    SEARCH_ATTRIBUTE_TYPES_DELETE = "search_attribute_types_delete";
    SEARCH_ATTRIBUTE_TYPES_LIST = "search_attribute_types_list";

    NAMESPACE_INSERT = "namespace_insert";
    NAMESPACE_UPDATE = "namespace_update";
    NAMESPACE_DELETE = "namespace_delete";
    DEPLOYMENTS_DELETE = "deployments_delete";
    NAMESPACE_COMPONENTS_DELETE = "namespace_components_delete";
    NAMESPACE_GET = "namespace_get";
    NAMESPACES_LIST = "namespaces_list";
}
