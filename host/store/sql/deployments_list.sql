-- All that ever served a queue of namespace $1, newest first within a queue.
-- Plan: a range of the primary key, sorted by version within a queue.
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
FROM deployments
WHERE namespace_id = $1
ORDER BY task_queue, kind, version DESC
