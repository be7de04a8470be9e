-- New schedules, and old ones as they are now.
-- $1 rows [namespace, schedule id, start ms, wake ms, follows, status, schedule's place in $2, its length].
-- Plan: none, it reads $1 only. `WHERE TRUE` keeps the parser from taking ON CONFLICT for a join.
INSERT INTO schedules (namespace_id, schedule_id, start_ms, wake_ms, follows, status, schedule)
SELECT
    new.value ->> 0,
    new.value ->> 1,
    new.value ->> 2,
    new.value ->> 3,
    new.value ->> 4,
    new.value ->> 5,
    substr($2, new.value ->> 6, new.value ->> 7)
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (namespace_id, schedule_id) DO UPDATE SET
    wake_ms = excluded.wake_ms,
    follows = excluded.follows,
    status = excluded.status,
    schedule = excluded.schedule
