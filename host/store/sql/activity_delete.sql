-- $1 rows [run id's place in $2, scheduled event]. A row that is gone is no error.
-- Plan: for each row of $1, a search of the primary key.
DELETE FROM activity_tasks
WHERE (run_id, scheduled_event_id) IN (
    SELECT
        substr($2, old.value ->> 0, 16),
        old.value ->> 1
    FROM jsonb_each($1) AS old
)
