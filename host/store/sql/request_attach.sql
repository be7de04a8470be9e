-- $1 rows [run id's place in $2, request id, event].
-- Plan: none, it reads $1 only.
INSERT INTO attached_requests (run_id, request_id, event_id)
SELECT
    substr($2, new.value ->> 0, 16),
    new.value ->> 1,
    new.value ->> 2
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (run_id, request_id) DO NOTHING
