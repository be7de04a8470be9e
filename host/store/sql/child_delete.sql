-- $1 rows [run id's place in $2, initiated event]. One that is gone is no error.
-- Plan: for each row of $1, a search of the primary key.
DELETE FROM pending_children
WHERE (run_id, initiated_event_id) IN (
    SELECT
        substr($2, old.value ->> 0, 16),
        old.value ->> 1
    FROM jsonb_each($1) AS old
)
