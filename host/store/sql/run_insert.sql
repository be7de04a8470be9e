-- New runs. One whose workflow id has an open run already fails, by the index runs_of_workflow.
-- $1 rows [namespace, run id's place in $2, workflow id, workflow type, task queue, status, cancel requested,
-- start ms, execution ms, close ms, next event, bytes of history, component's place, start request id,
-- first run id's place, pause reason, attempts, failure's place, its length, retry ms, parent's workflow id, its run
-- id's place, root's workflow id, its run id's place].
-- Plan: none, it reads $1 only.
INSERT INTO runs (
    namespace_id, run_id, workflow_id, workflow_type, task_queue, status, cancel_requested, start_ms,
    execution_ms, close_ms, next_event_id, history_bytes, component, start_request_id, first_run_id,
    pause_reason, task_attempts, task_failure, task_retry_ms, state_transitions, parent_workflow_id, parent_run_id,
    root_workflow_id, root_run_id
)
SELECT
    new.value ->> 0,
    substr($2, new.value ->> 1, 16),
    new.value ->> 2,
    new.value ->> 3,
    new.value ->> 4,
    new.value ->> 5,
    new.value ->> 6,
    new.value ->> 7,
    new.value ->> 8,
    new.value ->> 9,
    new.value ->> 10,
    new.value ->> 11,
    substr($2, new.value ->> 12, 32),
    new.value ->> 13,
    substr($2, new.value ->> 14, 16),
    new.value ->> 15,
    new.value ->> 16,
    substr($2, new.value ->> 17, new.value ->> 18),
    new.value ->> 19,
    1,
    new.value ->> 20,
    substr($2, new.value ->> 21, 16),
    new.value ->> 22,
    substr($2, new.value ->> 23, 16)
FROM jsonb_each($1) AS new
