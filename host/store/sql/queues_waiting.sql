-- Queues on which activities wait or back off.
-- Plan: activity_tasks_waiting alone, which has no other rows.
SELECT DISTINCT
    namespace_id,
    task_queue
FROM activity_tasks
WHERE state = 0
ORDER BY namespace_id, task_queue
