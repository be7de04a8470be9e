-- All of namespace $1.
-- Plan: a range of the primary key.
DELETE FROM task_queues
WHERE namespace_id = $1
