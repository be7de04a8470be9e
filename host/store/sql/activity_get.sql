-- The activity of run $1 that event $2 scheduled.
-- Plan: a search of the primary key.
SELECT task
FROM activity_tasks
WHERE run_id = $1 AND scheduled_event_id = $2
