-- At most $5 started activities whose worker's identity is less than $1, in the order of identities, after
-- ($2, $3, $4).
-- Plan: a range of activity_tasks_started.
SELECT task
FROM activity_tasks
WHERE
    state = 1
    AND started_by < $1
    AND (started_by, run_id, scheduled_event_id) > ($2, $3, $4)
ORDER BY started_by, run_id, scheduled_event_id
LIMIT $5
