-- What lists say of those that are open, as the rows of their attempts are now.
-- $1 rows [run id's place in $2, status, task queue]; no two of the same run.
-- Plan: for each row of $1, a search of the primary key.
UPDATE standalone_activities
SET
    status = new.value ->> 1,
    task_queue = new.value ->> 2
FROM jsonb_each($1) AS new
WHERE
    standalone_activities.activity_run_id = substr($2, new.value ->> 0, 16)
    AND standalone_activities.close_ms IS NULL
    AND (
        standalone_activities.status <> new.value ->> 1
        OR standalone_activities.task_queue <> new.value ->> 2
    )
