-- $1 rows [namespace, run id's place in $2, name, value's place, its length]. The runs are there.
-- Plan: for each row of $1, a search of the primary key of runs.
INSERT INTO search_attributes (namespace_id, run_id, name, value, start_ms)
SELECT
    runs.namespace_id,
    runs.run_id,
    new.value ->> 2,
    substr($2, new.value ->> 3, new.value ->> 4),
    runs.start_ms
FROM jsonb_each($1) AS new
CROSS JOIN runs
    ON runs.namespace_id = new.value ->> 0
    AND runs.run_id = substr($2, new.value ->> 1, 16)
