-- $1 rows [run id's place in $2, name, value's place, its length].
-- Plan: none, it reads $1 only.
INSERT INTO published_state (run_id, name, value)
SELECT
    substr($2, new.value ->> 0, 16),
    new.value ->> 1,
    substr($2, new.value ->> 2, new.value ->> 3)
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (run_id, name) DO UPDATE SET value = excluded.value
