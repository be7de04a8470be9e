-- All runs of namespace $1, counted by status.
-- Plan: runs_by_status alone.
SELECT
    status,
    count(*)
FROM runs
WHERE namespace_id = $1
GROUP BY status
