-- All versions that ever served queue $2 of namespace $1, of kind $3, oldest first.
-- Plan: a range of the primary key.
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
WHERE namespace_id = $1 AND task_queue = $2 AND kind = $3
ORDER BY version
