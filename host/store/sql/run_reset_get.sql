-- The run that run $2 of namespace $1 was reset to last.
-- Plan: a search of the primary key.
SELECT new_run_id
FROM run_resets
WHERE namespace_id = $1 AND run_id = $2
