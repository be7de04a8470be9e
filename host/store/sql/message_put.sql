-- New messages, and answers in the place of what they answer.
-- $1 rows [run id's place in $2, event, n, namespace, workflow id, place of the message, its length].
-- Plan: none, it reads $1 only. `WHERE TRUE` keeps the parser from taking ON CONFLICT for a join.
INSERT INTO messages (origin_run_id, event_id, n, namespace_id, workflow_id, message)
SELECT
    substr($2, new.value ->> 0, 16),
    new.value ->> 1,
    new.value ->> 2,
    new.value ->> 3,
    new.value ->> 4,
    substr($2, new.value ->> 5, new.value ->> 6)
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (origin_run_id, event_id, n) DO UPDATE SET
namespace_id = excluded.namespace_id,
workflow_id = excluded.workflow_id,
message = excluded.message
