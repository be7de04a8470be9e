-- At most $6 timers that fire at $1 or before, earliest first, after the timer ($2, $3, $4, $5).
-- Plan: a range of timers_due.
SELECT
    run_id,
    kind,
    seq,
    fire_at_ms,
    namespace_id,
    workflow_id
FROM timers
WHERE fire_at_ms <= $1 AND (fire_at_ms, run_id, kind, seq) > ($2, $3, $4, $5)
ORDER BY fire_at_ms, run_id, kind, seq
LIMIT $6
