-- $1 namespace, $2 rows [schedule id]; newest first.
-- Plan: for each row of $2, a search of the primary key; then a sort of what was asked for.
SELECT
    schedules.schedule_id,
    schedules.start_ms,
    schedules.schedule
FROM jsonb_each($2) AS asked
CROSS JOIN schedules
    ON schedules.namespace_id = $1
    AND schedules.schedule_id = asked.value ->> 0
ORDER BY schedules.start_ms DESC, schedules.schedule_id DESC
