-- $1 rows [namespace, name, kind]. What is there stays.
-- Plan: none, it reads $1 only.
INSERT INTO search_attribute_types (namespace_id, name, kind)
SELECT
    new.value ->> 0,
    new.value ->> 1,
    new.value ->> 2
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (namespace_id, name) DO NOTHING
