-- Of runs that are no more. $1 rows [run id's place in $2].
-- Plan: for each row of $1, a search of the primary key by run.
DELETE FROM run_blobs
WHERE run_id IN (SELECT substr($2, old.value ->> 0, 16) FROM jsonb_each($1) AS old)
