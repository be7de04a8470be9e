-- Children of run $1 that have not ended, in the order in which they began.
-- Plan: a range of the primary key.
SELECT
    initiated_event_id,
    workflow_id,
    workflow_type,
    child_run_id,
    parent_close
FROM pending_children
WHERE run_id = $1
ORDER BY initiated_event_id
