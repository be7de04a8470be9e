-- All of them.
-- Plan: the whole table, once, when the host starts.
SELECT
    namespace_id,
    task_queue,
    kind,
    config
FROM task_queues
ORDER BY namespace_id, task_queue, kind
