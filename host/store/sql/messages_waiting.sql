-- At most $4 messages that nobody has taken, in the order of their keys, after ($1, $2, $3).
-- Plan: a range of the primary key.
SELECT
    origin_run_id,
    event_id,
    n,
    namespace_id,
    workflow_id,
    message
FROM messages
WHERE (origin_run_id, event_id, n) > ($1, $2, $3)
ORDER BY origin_run_id, event_id, n
LIMIT $4
