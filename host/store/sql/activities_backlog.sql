-- How many activities of namespace $1 wait on queue $2 at $3, and since when the first of them, by priority. Those that
-- back off are not among them. A priority may come twice.
-- Plan: a range of activity_tasks_line and one of activity_tasks_later.
SELECT
    priority,
    count(*),
    min(since_ms)
FROM activity_tasks
WHERE state = 0 AND pass IS NOT NULL AND namespace_id = $1 AND task_queue = $2
GROUP BY priority
UNION ALL
SELECT
    priority,
    count(*),
    min(since_ms)
FROM activity_tasks
WHERE state = 0 AND pass IS NULL AND namespace_id = $1 AND task_queue = $2 AND since_ms <= $3
GROUP BY priority
