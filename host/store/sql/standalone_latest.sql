-- The latest run of activity $2 of namespace $1.
-- Plan: the last entry of a range of standalone_activities_by_id.
SELECT execution
FROM standalone_activities
WHERE namespace_id = $1 AND activity_id = $2
ORDER BY start_ms DESC, activity_run_id DESC
LIMIT 1
