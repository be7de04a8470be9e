-- Run $2, if it is of namespace $1.
-- Plan: a search of the primary key.
SELECT execution
FROM standalone_activities
WHERE activity_run_id = $2 AND namespace_id = $1
