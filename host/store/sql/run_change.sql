-- As run_advance.sql, for decisions that may change how the run stands: its status, its pause, its component, its
-- failing task.
-- $1 rows [namespace, run id's place in $2, next event expected, next event, cancel requested, bytes of history added,
-- status, close ms, component's place, pause reason, attempts, failure's place, its length, retry ms].
-- Plan: for each row of $1, a search of the primary key.
UPDATE runs
SET
    next_event_id = new.value ->> 3,
    cancel_requested = cancel_requested | (new.value ->> 4),
    history_bytes = history_bytes + (new.value ->> 5),
    state_transitions = state_transitions + 1,
    status = new.value ->> 6,
    close_ms = new.value ->> 7,
    component = substr($2, new.value ->> 8, 32),
    earlier_components = CASE component
        WHEN substr($2, new.value ->> 8, 32) THEN earlier_components
        ELSE CAST(coalesce(earlier_components, x'') || component AS BLOB)
    END,
    pause_reason = new.value ->> 9,
    task_attempts = new.value ->> 10,
    task_failure = substr($2, new.value ->> 11, new.value ->> 12),
    task_retry_ms = new.value ->> 13
FROM jsonb_each($1) AS new
WHERE
    runs.namespace_id = new.value ->> 0
    AND runs.run_id = substr($2, new.value ->> 1, 16)
    AND runs.next_event_id = new.value ->> 2
