-- What serves queue $2 of namespace $1, of kind $3.
-- Plan: a search of deployments_current.
SELECT
    namespace_id,
    task_queue,
    kind,
    version,
    digest,
    name,
    deployed_ms,
    current
FROM deployments
WHERE namespace_id = $1 AND task_queue = $2 AND kind = $3 AND current = 1
