-- Moves open runs on by one decision each. A run whose next event is not the expected one is left as it is.
-- Nothing else of them changes, see run_change.sql: SQLite writes each index that has a column which is set, also if
-- the value stays, and none has these.
-- $1 rows [namespace, run id's place in $2, next event expected, next event, cancel requested, bytes of history added].
-- Plan: for each row of $1, a search of the primary key.
UPDATE runs
SET
    next_event_id = new.value ->> 3,
    cancel_requested = cancel_requested | (new.value ->> 4),
    history_bytes = history_bytes + (new.value ->> 5),
    state_transitions = state_transitions + 1
FROM jsonb_each($1) AS new
WHERE
    runs.namespace_id = new.value ->> 0
    AND runs.run_id = substr($2, new.value ->> 1, 16)
    AND runs.next_event_id = new.value ->> 2
