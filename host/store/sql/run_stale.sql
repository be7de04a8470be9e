-- The first row of $1 that run_advance.sql or run_change.sql did not find, and the next event that is stored, if any.
-- $1, $2 as there.
-- Plan: for each row of $1, a search of the primary key.
SELECT
    new.key,
    runs.next_event_id
FROM jsonb_each($1) AS new
LEFT JOIN runs
    ON runs.namespace_id = new.value ->> 0
    AND runs.run_id = substr($2, new.value ->> 1, 16)
WHERE runs.next_event_id IS NULL OR runs.next_event_id <> new.value ->> 2
LIMIT 1
