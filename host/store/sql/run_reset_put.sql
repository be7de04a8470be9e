-- $1 rows [namespace, run id's place in $2, new run id's place in $2].
-- Plan: for each row of $1, the place in the primary key.
INSERT INTO run_resets (namespace_id, run_id, new_run_id)
SELECT
    new.value ->> 0,
    substr($2, new.value ->> 1, 16),
    substr($2, new.value ->> 2, 16)
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (namespace_id, run_id) DO UPDATE SET new_run_id = excluded.new_run_id
