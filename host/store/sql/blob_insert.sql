-- $1 rows [namespace, digest's place in $2, data's place, its length]. What is there already is the same.
-- Plan: none, it reads $1 only.
INSERT INTO blobs (namespace_id, digest, data)
SELECT
    new.value ->> 0,
    substr($2, new.value ->> 1, 32),
    substr($2, new.value ->> 2, new.value ->> 3)
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (namespace_id, digest) DO NOTHING
