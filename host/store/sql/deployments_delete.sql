-- All of namespace $1.
-- Plan: a range of the primary key.
DELETE FROM deployments
WHERE namespace_id = $1
