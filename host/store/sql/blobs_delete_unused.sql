-- Of runs that are no more, what no other run has. $1 rows [run id's place in $2].
-- Plan: a range of run_blobs for each row of $1, for each blob of it a range of run_blobs_of_blob.
DELETE FROM blobs
WHERE
    (namespace_id, digest) IN (
        SELECT
            theirs.namespace_id,
            theirs.digest
        FROM jsonb_each($1) AS old
        CROSS JOIN run_blobs AS theirs ON theirs.run_id = substr($2, old.value ->> 0, 16)
    )
    AND NOT EXISTS (
        SELECT 1
        FROM run_blobs AS others
        WHERE
            others.namespace_id = blobs.namespace_id
            AND others.digest = blobs.digest
            AND others.run_id NOT IN (SELECT substr($2, old.value ->> 0, 16) FROM jsonb_each($1) AS old)
    )
