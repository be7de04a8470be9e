-- $1 rows [run id's place in $2], $2 run ids; newest start first, with the row of its attempts while it is open.
-- Plan: for each row of $1, searches of the primary keys; then a sort of what was asked for.
SELECT
    standalone_activities.execution,
    activity_tasks.task
FROM jsonb_each($1) AS asked
CROSS JOIN standalone_activities
    ON standalone_activities.activity_run_id = substr($2, asked.value ->> 0, 16)
LEFT JOIN activity_tasks
    ON
        standalone_activities.activity_run_id = activity_tasks.run_id
        AND activity_tasks.scheduled_event_id = 1
ORDER BY standalone_activities.start_ms DESC, standalone_activities.activity_run_id DESC
