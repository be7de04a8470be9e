-- Runs by id, newest start first.
-- $1 namespace, $2 rows [run id's place in $3], $3 run ids.
-- Plan: for each row of $2, searches of primary keys; then a sort of what was asked for.
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
FROM jsonb_each($2) AS asked
CROSS JOIN runs
    ON runs.namespace_id = $1
    AND runs.run_id = substr($3, asked.value ->> 0, 16)
LEFT JOIN run_attributes
    ON run_attributes.namespace_id = runs.namespace_id
    AND run_attributes.run_id = runs.run_id
ORDER BY runs.start_ms DESC, runs.run_id DESC
