-- How version $4 of queue $2 of namespace $1, of kind $3, serves: $5 current, $6 ramp, $7 current since, $8 changed.
-- Plan: a search of the primary key.
UPDATE deployments
SET
    current = $5,
    ramp = $6,
    current_since_ms = $7,
    changed_ms = $8
WHERE namespace_id = $1 AND task_queue = $2 AND kind = $3 AND version = $4
