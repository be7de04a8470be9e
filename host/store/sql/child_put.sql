-- $1 rows [run id's place in $2, initiated event, workflow id, workflow type, child's run id's place, parent close].
-- One that is there has started.
-- Plan: none, it reads $1 only.
INSERT INTO pending_children (
    run_id, initiated_event_id, workflow_id, workflow_type, child_run_id, parent_close
)
SELECT
    substr($2, new.value ->> 0, 16),
    new.value ->> 1,
    new.value ->> 2,
    new.value ->> 3,
    substr($2, new.value ->> 4, 16),
    new.value ->> 5
FROM jsonb_each($1) AS new
WHERE TRUE
ON CONFLICT (run_id, initiated_event_id) DO UPDATE SET child_run_id = excluded.child_run_id
