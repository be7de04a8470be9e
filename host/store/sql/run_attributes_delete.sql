-- Of runs that are no more. $1 rows [run id's place in $2, namespace].
-- Plan: for each row of $1, a search of the primary key.
DELETE FROM run_attributes
WHERE (namespace_id, run_id) IN (
    SELECT
        old.value ->> 1,
        substr($2, old.value ->> 0, 16)
    FROM jsonb_each($1) AS old
)
