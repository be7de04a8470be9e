-- All paused runs.
-- Plan: for each namespace, a range of runs_by_status alone; CROSS keeps that order.
SELECT runs.run_id
FROM namespaces
CROSS JOIN runs INDEXED BY runs_by_status
    ON runs.namespace_id = namespaces.id
    AND runs.status = 8
