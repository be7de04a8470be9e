-- How many activities of namespace $1 wait on queue $2 at $3, and since when the first of them. Those that back off
-- are not among them.
-- Plan: a range of activity_tasks_waiting.
SELECT
    count(*),
    min(since_ms)
FROM activity_tasks
WHERE state = 0 AND namespace_id = $1 AND task_queue = $2 AND since_ms <= $3
