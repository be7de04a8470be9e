-- At most $8 activities of namespace $1 in line at queue $2, in the order of the line, from ($3, $4, $5, $6, $7) on.
-- Plan: a range of activity_tasks_line.
SELECT task
FROM activity_tasks
WHERE
    state = 0
    AND pass IS NOT NULL
    AND namespace_id = $1
    AND task_queue = $2
    AND (priority, pass, since_ms, run_id, scheduled_event_id) >= ($3, $4, $5, $6, $7)
ORDER BY priority, pass, since_ms, run_id, scheduled_event_id
LIMIT $8
