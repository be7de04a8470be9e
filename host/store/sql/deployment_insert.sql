-- A version that serves nothing yet.
-- $1 namespace, $2 queue, $3 kind, $4 version, $5 digest, $6 name, $7 deployed ms.
INSERT INTO deployments (
    namespace_id, task_queue, kind, version, digest, name, deployed_ms, current, ramp, current_since_ms, changed_ms
)
VALUES ($1, $2, $3, $4, $5, $6, $7, 0, NULL, NULL, $7)
