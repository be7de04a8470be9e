-- $1 rows [run id's place in $2, namespace, activity id, start ms, closed ms, execution's place, its length], as they
-- are now.
-- Plan: none, it reads $1 only.
INSERT INTO standalone_activities (activity_run_id, namespace_id, activity_id, start_ms, closed_ms, execution)
SELECT
    substr($2, new.value ->> 0, 16),
    new.value ->> 1,
    new.value ->> 2,
    new.value ->> 3,
    new.value ->> 4,
    substr($2, new.value ->> 5, new.value ->> 6)
FROM json_each($1) AS new
WHERE TRUE
ON CONFLICT (activity_run_id) DO UPDATE SET
    closed_ms = excluded.closed_ms,
    execution = excluded.execution
