-- The run $2 of namespace $1.
-- Plan: searches of two primary keys.
SELECT
    runs.namespace_id,
    runs.run_id,
    runs.workflow_id,
    runs.workflow_type,
    runs.task_queue,
    runs.status,
    runs.cancel_requested,
    runs.pause_reason,
    runs.start_ms,
    runs.execution_ms,
    runs.close_ms,
    runs.next_event_id,
    runs.history_bytes,
    runs.component,
    runs.earlier_components,
    runs.options,
    runs.start_request_id,
    runs.first_run_id,
    runs.task_attempts,
    runs.task_failure,
    runs.task_retry_ms,
    runs.state_transitions,
    runs.parent_workflow_id,
    runs.parent_run_id,
    runs.root_workflow_id,
    runs.root_run_id,
    run_attributes.memo,
    run_attributes.search_attributes
FROM runs
LEFT JOIN run_attributes
    ON run_attributes.namespace_id = runs.namespace_id
    AND run_attributes.run_id = runs.run_id
WHERE runs.namespace_id = $1 AND runs.run_id = $2
