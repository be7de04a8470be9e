-- One schedule goes.
-- Plan: a search of the primary key.
DELETE FROM schedules
WHERE namespace_id = $1 AND schedule_id = $2
