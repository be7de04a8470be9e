-- Batches of namespace $1 that were created before $2 and are done.
-- Plan: a range of batches_by_creation.
DELETE FROM batches
WHERE namespace_id = $1 AND created_ms < $2 AND state != 1
