-- One schedule.
-- Plan: a search of the primary key.
SELECT schedule
FROM schedules
WHERE namespace_id = $1 AND schedule_id = $2
