-- All that are not done, of all namespaces: for start-up.
-- Plan: all of batches_running.
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
WHERE state = 1
