-- Schedules of a namespace. $2: 1 paused, 0 not, NULL either; ids from $3 until before $4.
-- Plan: a range of the primary key.
SELECT COUNT(*)
FROM schedules
WHERE
    namespace_id = $1
    AND ($2 IS NULL OR paused = $2)
    AND schedule_id >= $3
    AND schedule_id < $4
