-- $1 rows [run id's place in $2, scheduled event, namespace, workflow id, activity id, task queue, state, since ms,
-- due ms, attempt, started by, priority, fairness key, pass, paused type, task's place, its length].
-- Plan: none, it reads $1 only.
INSERT INTO activity_tasks (
    run_id, scheduled_event_id, namespace_id, workflow_id, activity_id, task_queue, state, since_ms, due_ms,
    attempt, started_by, priority, fairness_key, pass, paused_type, task
)
SELECT
    substr($2, new.value ->> 0, 16),
    new.value ->> 1,
    new.value ->> 2,
    new.value ->> 3,
    new.value ->> 4,
    new.value ->> 5,
    new.value ->> 6,
    new.value ->> 7,
    new.value ->> 8,
    new.value ->> 9,
    new.value ->> 10,
    new.value ->> 11,
    new.value ->> 12,
    new.value ->> 13,
    new.value ->> 14,
    substr($2, new.value ->> 15, new.value ->> 16)
FROM jsonb_each($1) AS new
