-- At most $2 runs of namespace $1 with status $13, newest first.
-- $3 start ms, at least; ($4, $5) start ms and run id, less than; $6, $7 close ms, at least and at most; $8 statuses, a
-- bit each; $9 workflow type; $10 task queue; $11, $12 workflow id, at least and less than. Null: any.
-- Plan: a range of runs_by_status, newest first; the other conditions are looked at run by run.
SELECT
    runs.namespace_id,
    runs.run_id,
    runs.workflow_id,
    runs.workflow_type,
    runs.task_queue,
    runs.status,
    runs.cancel_requested,
    runs.start_ms,
    runs.execution_ms,
    runs.close_ms,
    runs.next_event_id,
    runs.history_bytes,
    runs.component,
    runs.start_request_id,
    runs.first_run_id,
    runs.task_attempts,
    runs.task_failure,
    runs.task_retry_ms,
    run_attributes.memo,
    run_attributes.search_attributes
FROM runs INDEXED BY runs_by_status
LEFT JOIN run_attributes
    ON run_attributes.namespace_id = runs.namespace_id
    AND run_attributes.run_id = runs.run_id
WHERE
    runs.namespace_id = $1
    AND runs.status = $13
    AND runs.start_ms >= $3
    AND (runs.start_ms, runs.run_id) < ($4, $5)
    AND (runs.close_ms >= $6 OR $6 IS NULL)
    AND (runs.close_ms <= $7 OR $7 IS NULL)
    AND (($8 >> runs.status) & 1) = 1
    AND (runs.workflow_type = $9 OR $9 IS NULL)
    AND (runs.task_queue = $10 OR $10 IS NULL)
    AND (runs.workflow_id >= $11 OR $11 IS NULL)
    AND (runs.workflow_id < $12 OR $12 IS NULL)
ORDER BY runs.start_ms DESC, runs.run_id DESC
LIMIT $2
