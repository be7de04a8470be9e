-- What is in line, by queue, priority and fairness key: its first and its last pass.
-- Plan: all of activity_tasks_line, when the host starts.
SELECT
    namespace_id,
    task_queue,
    priority,
    fairness_key,
    min(pass),
    max(pass)
FROM activity_tasks
WHERE state = 0 AND pass IS NOT NULL
GROUP BY namespace_id, task_queue, priority, fairness_key
