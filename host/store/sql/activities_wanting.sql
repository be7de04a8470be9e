-- Task queues of activities that a worker could take at $1. Asked by a clock that skips time and can't go on.
-- Plan: all of activity_tasks_line, and of activity_tasks_later.
SELECT
    namespace_id,
    task_queue
FROM activity_tasks
WHERE state = 0 AND pass IS NOT NULL
UNION
SELECT
    namespace_id,
    task_queue
FROM activity_tasks
WHERE state = 0 AND pass IS NULL AND since_ms <= $1
