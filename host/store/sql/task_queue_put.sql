-- Config $4 of queue $2 of namespace $1, for tasks of kind $3.
-- Plan: none, one row.
INSERT INTO task_queues (namespace_id, task_queue, kind, config)
VALUES ($1, $2, $3, $4)
ON CONFLICT (namespace_id, task_queue, kind) DO UPDATE SET config = excluded.config
