-- A new batch. None is written if there is one of this namespace and job id.
-- Plan: none, one row.
INSERT INTO batches (namespace_id, job_id, created_ms, state, n_total, n_done, n_failed, request)
VALUES ($1, $2, $3, 1, 0, 0, 0, $4)
ON CONFLICT (namespace_id, job_id) DO NOTHING
