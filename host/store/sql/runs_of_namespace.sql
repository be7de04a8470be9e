-- At most $2 runs of namespace $1, whichever.
-- Plan: a range of the primary key.
SELECT
    run_id,
    workflow_id,
    history_bytes
FROM runs
WHERE namespace_id = $1
ORDER BY run_id
LIMIT $2
