-- Runs of namespace $1, counted by status.
-- $3 start ms, at least; ($4, $5) start ms and run id, less than; $6, $7 close ms, at least and at most; $8 statuses, a
-- bit each; $9 workflow type; $10 task queue; $11, $12 workflow id, at least and less than. Null: any.
-- Plan: a range of runs_by_start; the other conditions are looked at run by run.
SELECT
    runs.status,
    count(*)
FROM runs INDEXED BY runs_by_start
WHERE
    runs.namespace_id = $1
    AND runs.start_ms >= $3
    AND (runs.start_ms, runs.run_id) < ($4, $5)
    AND (runs.close_ms >= $6 OR $6 IS NULL)
    AND (runs.close_ms <= $7 OR $7 IS NULL)
    AND (($8 >> runs.status) & 1) = 1
    AND (runs.workflow_type = $9 OR $9 IS NULL)
    AND (runs.task_queue = $10 OR $10 IS NULL)
    AND (runs.workflow_id >= $11 OR $11 IS NULL)
    AND (runs.workflow_id < $12 OR $12 IS NULL)
GROUP BY runs.status
