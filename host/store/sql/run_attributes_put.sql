-- $1 rows [namespace, run id's place in $2, memo's place, its length, search attributes' place, their length].
-- Plan: none, it reads $1 only.
INSERT INTO run_attributes (namespace_id, run_id, memo, search_attributes)
SELECT
    new.value ->> 0,
    substr($2, new.value ->> 1, 16),
    substr($2, new.value ->> 2, new.value ->> 3),
    substr($2, new.value ->> 4, new.value ->> 5)
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (namespace_id, run_id) DO UPDATE SET
    memo = excluded.memo,
    search_attributes = excluded.search_attributes
