-- Run $1.
-- Plan: a search of the primary key.
DELETE FROM standalone_activities
WHERE activity_run_id = $1
