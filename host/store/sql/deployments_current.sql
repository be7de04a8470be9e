-- What serves each queue of each namespace.
-- Plan: deployments_current from end to end; it has no other rows.
SELECT
    namespace_id,
    task_queue,
    kind,
    version,
    digest,
    name,
    deployed_ms,
    current
FROM deployments INDEXED BY deployments_current
WHERE current = 1
ORDER BY namespace_id, task_queue, kind
