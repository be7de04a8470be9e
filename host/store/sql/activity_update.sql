-- Rows as they are now. A row that is gone stays gone: its activity is closed.
-- $1 rows [run id's place in $2, scheduled event, task queue, state, since ms, due ms, attempt, started by, priority,
-- fairness key, pass, paused type, task's place, its length]; no two of the same activity.
-- Plan: for each row of $1, a search of the primary key.
UPDATE activity_tasks
SET
    task_queue = new.value ->> 2,
    state = new.value ->> 3,
    since_ms = new.value ->> 4,
    due_ms = new.value ->> 5,
    attempt = new.value ->> 6,
    started_by = new.value ->> 7,
    priority = new.value ->> 8,
    fairness_key = new.value ->> 9,
    pass = new.value ->> 10,
    paused_type = new.value ->> 11,
    task = substr($2, new.value ->> 12, new.value ->> 13)
FROM jsonb_each($1) AS new
WHERE
    activity_tasks.run_id = substr($2, new.value ->> 0, 16)
    AND activity_tasks.scheduled_event_id = new.value ->> 1
