-- At most $7 schedules of a namespace, newest first, after the schedule ($2, $3). $4: 1 paused, 0 not, NULL either;
-- ids from $5 until before $6.
-- Plan: a range of schedules_by_creation, backwards.
SELECT
    schedule_id,
    created_ms,
    schedule
FROM schedules
WHERE
    namespace_id = $1
    AND (created_ms, schedule_id) < ($2, $3)
    AND ($4 IS NULL OR paused = $4)
    AND schedule_id >= $5
    AND schedule_id < $6
ORDER BY created_ms DESC, schedule_id DESC
LIMIT $7
