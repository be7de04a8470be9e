-- Batch $2 of namespace $1.
-- Plan: a search of the primary key.
SELECT
    namespace_id,
    job_id,
    created_ms,
    state,
    closed_ms,
    n_total,
    n_done,
    n_failed,
    after_ms,
    after_run_id,
    request
FROM batches
WHERE namespace_id = $1 AND job_id = $2
