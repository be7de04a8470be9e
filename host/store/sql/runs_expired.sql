-- At most $3 runs of namespace $1 that were closed before $2, the oldest first.
-- Plan: a range of runs_by_close.
SELECT
    run_id,
    workflow_id,
    history_bytes
FROM runs
WHERE namespace_id = $1 AND close_ms < $2
ORDER BY close_ms, run_id
LIMIT $3
