-- Open runs of namespace $1 and task queue $2 that are pinned to component $3, oldest start
-- first, after start time $4 and run id $5, at most $6.
-- Plan: two ranges of runs_by_component, running and paused, merged; and a search of the primary key for each run.
SELECT
    start_ms,
    run_id,
    workflow_id,
    workflow_type
FROM runs INDEXED BY runs_by_component
WHERE
    component = $3
    AND namespace_id = $1
    AND status = 1
    AND task_queue = $2
    AND (start_ms, run_id) > ($4, $5)
UNION ALL
SELECT
    start_ms,
    run_id,
    workflow_id,
    workflow_type
FROM runs INDEXED BY runs_by_component
WHERE
    component = $3
    AND namespace_id = $1
    AND status = 8
    AND task_queue = $2
    AND (start_ms, run_id) > ($4, $5)
ORDER BY start_ms, run_id
LIMIT $6
