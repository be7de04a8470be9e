-- The current run of each workflow id: the open one, else the one with the greatest id.
-- $1 rows [namespace, workflow id]. The last column is the row's place in $1, counted from 0.
-- Plan: for each row of $1, the last entry of runs_of_workflow for it; then searches of primary keys.
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
    run_attributes.search_attributes,
    asked.key
FROM jsonb_each($1) AS asked
INNER JOIN runs
    ON runs.namespace_id = asked.value ->> 0
    AND runs.run_id = (
        SELECT latest.run_id
        FROM runs AS latest
        WHERE latest.namespace_id = asked.value ->> 0 AND latest.workflow_id = asked.value ->> 1
        ORDER BY CASE WHEN latest.status IN (1, 8) THEN x'ff' ELSE latest.run_id END DESC
        LIMIT 1
    )
LEFT JOIN run_attributes
    ON run_attributes.namespace_id = runs.namespace_id
    AND run_attributes.run_id = runs.run_id
