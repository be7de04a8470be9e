-- $1 rows [namespace, schedule id].
-- Plan: for each row of $1, a range of the primary key.
DELETE FROM schedule_attributes
WHERE (namespace_id, schedule_id) IN (SELECT old.value ->> 0, old.value ->> 1 FROM jsonb_each($1) AS old)
