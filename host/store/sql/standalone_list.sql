-- At most $4 of namespace $1, newest start first, after ($2, $3).
-- Plan: a range of standalone_activities_by_start, backwards.
SELECT execution
FROM standalone_activities
WHERE namespace_id = $1 AND (start_ms, activity_run_id) < ($2, $3)
ORDER BY start_ms DESC, activity_run_id DESC
LIMIT $4
