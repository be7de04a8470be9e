-- Messages that their receiver has taken. One that is gone is no error.
-- $1 rows [run id's place in $2, event, n].
-- Plan: for each row of $1, a search of the primary key.
DELETE FROM messages
WHERE (origin_run_id, event_id, n) IN (
    SELECT
        substr($2, old.value ->> 0, 16),
        old.value ->> 1,
        old.value ->> 2
    FROM jsonb_each($1) AS old
)
