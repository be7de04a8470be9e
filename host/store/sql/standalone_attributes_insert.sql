-- $1 rows [run id's place in $2, namespace, name, start ms, value's place, its length].
-- Plan: none, it reads $1 only.
INSERT INTO standalone_attributes (activity_run_id, namespace_id, name, start_ms, value)
SELECT
    substr($2, new.value ->> 0, 16),
    new.value ->> 1,
    new.value ->> 2,
    new.value ->> 3,
    substr($2, new.value ->> 4, new.value ->> 5)
FROM jsonb_each($1) AS new
