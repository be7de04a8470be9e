-- $1 rows [namespace, schedule id, name, start ms, value's place in $2, its length].
-- Plan: none, it reads $1 only.
INSERT INTO schedule_attributes (namespace_id, schedule_id, name, start_ms, value)
SELECT
    new.value ->> 0,
    new.value ->> 1,
    new.value ->> 2,
    new.value ->> 3,
    substr($2, new.value ->> 4, new.value ->> 5)
FROM jsonb_each($1) AS new
