-- $1 rows [namespace, name].
-- Plan: for each row of $1, a search of the primary key.
DELETE FROM search_attribute_types
WHERE (namespace_id, name) IN (SELECT old.value ->> 0, old.value ->> 1 FROM jsonb_each($1) AS old)
