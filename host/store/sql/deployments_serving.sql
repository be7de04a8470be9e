-- What is current or ramps, in each queue of each namespace.
-- Plan: deployments_serving from end to end; it has no other rows.
SELECT
    namespace_id,
    task_queue,
    kind,
    version,
    digest,
    name,
    deployed_ms,
    current,
    ramp,
    current_since_ms,
    changed_ms
FROM deployments INDEXED BY deployments_serving
WHERE current = 1 OR ramp IS NOT NULL
ORDER BY namespace_id, task_queue, kind
