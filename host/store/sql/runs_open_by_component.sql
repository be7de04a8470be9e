-- How many runs of namespace $1 are open in each queue, for each component that the namespace may use.
-- Plan: for each of its components, a range of runs_by_component.
SELECT
    namespace_components.digest,
    runs.task_queue,
    count(*)
FROM namespace_components
CROSS JOIN runs INDEXED BY runs_by_component
    ON runs.component = namespace_components.digest
    AND runs.namespace_id = $1
    AND runs.status = 1
WHERE namespace_components.namespace_id = $1
GROUP BY namespace_components.digest, runs.task_queue
