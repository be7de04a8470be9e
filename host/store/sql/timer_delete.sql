-- $1 rows [run id's place in $2, kind, seq]. A timer that is gone is no error.
-- Plan: for each row of $1, a search of the primary key.
DELETE FROM timers
WHERE (run_id, kind, seq) IN (
    SELECT
        substr($2, old.value ->> 0, 16),
        old.value ->> 1,
        old.value ->> 2
    FROM jsonb_each($1) AS old
)
