-- All activities of run $1 that are not closed.
-- Plan: a range of the primary key.
SELECT task
FROM activity_tasks
WHERE run_id = $1
ORDER BY scheduled_event_id
