-- All of namespace $1.
-- Plan: a range of schedule_attributes_by_value.
DELETE FROM schedule_attributes
WHERE namespace_id = $1
