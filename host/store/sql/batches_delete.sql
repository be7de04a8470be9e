-- All of namespace $1.
-- Plan: a range of the primary key.
DELETE FROM batches
WHERE namespace_id = $1
