-- The data of those of the digests in $2 that run $1 has. $2: 32 bytes each.
-- Plan: for each digest a search of the primary key of run_blobs, then of blobs.
WITH RECURSIVE asked (place) AS (
    SELECT 1 WHERE length($2) > 0
    UNION ALL
    SELECT place + 32 FROM asked WHERE place + 32 <= length($2)
)
SELECT
    blobs.digest,
    blobs.data
FROM asked
CROSS JOIN run_blobs ON run_blobs.run_id = $1 AND run_blobs.digest = substr($2, asked.place, 32)
CROSS JOIN blobs ON blobs.namespace_id = run_blobs.namespace_id AND blobs.digest = run_blobs.digest
