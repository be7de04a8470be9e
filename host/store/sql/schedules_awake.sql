-- At most $3 schedules that wait for a moment or for a run, after the schedule ($1, $2) in the order of their keys.
-- Plan: a range of schedules_awake.
SELECT
    namespace_id,
    schedule_id,
    wake_ms,
    follows
FROM schedules
WHERE
    (wake_ms IS NOT NULL OR follows = 1)
    AND (namespace_id, schedule_id) > ($1, $2)
ORDER BY namespace_id, schedule_id
LIMIT $3
