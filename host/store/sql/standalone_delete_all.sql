-- All of namespace $1.
-- Plan: a range of standalone_activities_by_id.
DELETE FROM standalone_activities
WHERE namespace_id = $1
