-- $1 rows [run id's place in $2, digest's place, namespace].
-- Plan: none, it reads $1 only.
INSERT INTO run_blobs (run_id, digest, namespace_id)
SELECT
    substr($2, new.value ->> 0, 16),
    substr($2, new.value ->> 1, 32),
    new.value ->> 2
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (run_id, digest) DO NOTHING
