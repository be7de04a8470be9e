-- What serves queue $2 of namespace $1, of kind $3, is no longer current.
-- Plan: a search of deployments_current.
UPDATE deployments
SET current = 0
WHERE namespace_id = $1 AND task_queue = $2 AND kind = $3 AND current = 1
