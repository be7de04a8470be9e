-- All of namespace $1.
-- Plan: a range of standalone_attributes_by_value.
DELETE FROM standalone_attributes
WHERE namespace_id = $1
