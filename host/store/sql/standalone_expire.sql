-- Those of namespace $1 that were closed before $2.
-- Plan: a range of standalone_activities_closed.
DELETE FROM standalone_activities
WHERE namespace_id = $1 AND close_ms < $2
