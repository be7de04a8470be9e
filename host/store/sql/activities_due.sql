-- At most $5 activities that are due at $1 or before, earliest first, after ($2, $3, $4).
-- Plan: a range of activity_tasks_due.
SELECT
    due_ms,
    task
FROM activity_tasks
WHERE due_ms <= $1 AND (due_ms, run_id, scheduled_event_id) > ($2, $3, $4)
ORDER BY due_ms, run_id, scheduled_event_id
LIMIT $5
