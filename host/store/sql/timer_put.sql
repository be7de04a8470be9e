-- New timers, or new times for old ones.
-- $1 rows [run id's place in $2, kind, seq, fire at ms, namespace, workflow id].
-- Plan: none, it reads $1 only. `WHERE TRUE` keeps the parser from taking ON CONFLICT for a join.
INSERT INTO timers (run_id, kind, seq, fire_at_ms, namespace_id, workflow_id)
SELECT
    substr($2, new.value ->> 0, 16),
    new.value ->> 1,
    new.value ->> 2,
    new.value ->> 3,
    new.value ->> 4,
    new.value ->> 5
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (run_id, kind, seq) DO UPDATE SET fire_at_ms = excluded.fire_at_ms
