-- The requests that found run $1, and the events that say so.
-- Plan: a range of the primary key.
SELECT
    request_id,
    event_id
FROM attached_requests
WHERE run_id = $1
ORDER BY request_id
