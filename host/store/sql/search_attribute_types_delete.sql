-- All of namespace $1.
-- Plan: a range of the primary key.
DELETE FROM search_attribute_types
WHERE namespace_id = $1
