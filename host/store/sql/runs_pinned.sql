-- Open runs of namespace $1 and task queue $2 that are pinned to component $3, from run id $4 on (exclusive),
-- at most $5.
-- Plan: two ranges of runs_by_component, running and paused, merged; and a search of the primary key for each run.
SELECT
    run_id,
    workflow_id,
    workflow_type
FROM runs INDEXED BY runs_by_component
WHERE
    component = $3
    AND namespace_id = $1
    AND status = 1
    AND task_queue = $2
    AND run_id > $4
UNION ALL
SELECT
    run_id,
    workflow_id,
    workflow_type
FROM runs INDEXED BY runs_by_component
WHERE
    component = $3
    AND namespace_id = $1
    AND status = 8
    AND task_queue = $2
    AND run_id > $4
ORDER BY run_id
LIMIT $5
