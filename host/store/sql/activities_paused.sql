-- What kinds of activities are paused, of those runs that have any.
-- $1 namespace, $2 rows [run id's place in $3], $3 run ids.
-- Plan: for each row of $2, a range of activity_tasks_paused alone.
SELECT DISTINCT
    paused.run_id,
    paused.paused_type
FROM jsonb_each($2) AS asked
CROSS JOIN activity_tasks AS paused INDEXED BY activity_tasks_paused
    ON paused.namespace_id = $1
    AND paused.run_id = substr($3, asked.value ->> 0, 16)
    AND paused.paused_type IS NOT NULL
