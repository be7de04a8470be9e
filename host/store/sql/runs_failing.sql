-- Open runs of namespace $1 and task queue $2 whose workflow task fails, from run id $3 on (exclusive), at most $4.
-- Plan: a range of runs_failing.
SELECT run_id, workflow_id
FROM runs INDEXED BY runs_failing
WHERE
    namespace_id = $1
    AND task_queue = $2
    AND run_id > $3
    AND task_attempts > 0
ORDER BY run_id
LIMIT $4
