-- At most $6 activities of namespace $1 that wait on queue $2, longest first, after ($3, $4, $5).
-- Those that back off are among them, at the end.
-- Plan: a range of activity_tasks_waiting.
SELECT task
FROM activity_tasks
WHERE
    state = 0
    AND namespace_id = $1
    AND task_queue = $2
    AND (since_ms, run_id, scheduled_event_id) > ($3, $4, $5)
ORDER BY since_ms, run_id, scheduled_event_id
LIMIT $6
