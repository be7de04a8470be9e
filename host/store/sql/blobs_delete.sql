-- All of namespace $1: none are left, unless something went wrong with its runs.
-- Plan: a range of the primary key.
DELETE FROM blobs WHERE namespace_id = $1
