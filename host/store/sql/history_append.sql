-- $1 rows [run id's place in $2, first event, number of events, place of the bytes, their length].
-- Plan: none, it reads $1 only.
INSERT INTO history (run_id, first_event_id, n_events, bytes)
SELECT
    substr($2, new.value ->> 0, 16),
    new.value ->> 1,
    new.value ->> 2,
    substr($2, new.value ->> 3, new.value ->> 4)
FROM jsonb_each($1) AS new
