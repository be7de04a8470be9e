-- $1 rows [run id's place in $2], $2 run ids; newest start first.
-- Plan: for each row of $1, a search of the primary key; then a sort of what was asked for.
SELECT standalone_activities.execution
FROM jsonb_each($1) AS asked
CROSS JOIN standalone_activities
    ON standalone_activities.activity_run_id = substr($2, asked.value ->> 0, 16)
ORDER BY standalone_activities.start_ms DESC, standalone_activities.activity_run_id DESC
