-- All of namespace $1.
-- Plan: a range of the primary key.
DELETE FROM schedules
WHERE namespace_id = $1
