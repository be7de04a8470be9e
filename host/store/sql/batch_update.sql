-- How far a batch is. One that is closed stays so.
-- Plan: a search of the primary key.
UPDATE batches
SET
    state = $3,
    closed_ms = $4,
    n_total = $5,
    n_done = $6,
    n_failed = $7,
    after_ms = $8,
    after_run_id = $9
WHERE namespace_id = $1 AND job_id = $2 AND state = 1
