-- At most $4 batches of namespace $1, newest first, after batch ($2, $3).
-- Plan: a range of batches_by_creation, backwards.
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
WHERE namespace_id = $1 AND (created_ms, job_id) < ($2, $3)
ORDER BY created_ms DESC, job_id DESC
LIMIT $4
