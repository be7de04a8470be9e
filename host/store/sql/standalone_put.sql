-- $1 rows [run id's place in $2, namespace, activity id, activity type, task queue, status, start ms, execution ms,
-- close ms, execution's place, its length], as they are now.
-- Plan: none, it reads $1 only.
INSERT INTO standalone_activities (
    activity_run_id, namespace_id, activity_id, activity_type, task_queue, status, start_ms, execution_ms, close_ms,
    execution
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
    substr($2, new.value ->> 9, new.value ->> 10)
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (activity_run_id) DO UPDATE SET
    task_queue = excluded.task_queue,
    status = excluded.status,
    close_ms = excluded.close_ms,
    execution = excluded.execution
