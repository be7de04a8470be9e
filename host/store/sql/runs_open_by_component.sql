-- How many runs of namespace $1 are open in each queue, for each component that the namespace may use.
-- Plan: for each of its components, two ranges of runs_by_component: running, and paused.
SELECT
    digest,
    task_queue,
    sum(n_open)
FROM (
    SELECT
        namespace_components.digest,
        runs.task_queue,
        count(*) AS n_open
    FROM namespace_components
    CROSS JOIN runs INDEXED BY runs_by_component
        ON runs.component = namespace_components.digest
        AND runs.namespace_id = $1
        AND runs.status = 1
    WHERE namespace_components.namespace_id = $1
    GROUP BY namespace_components.digest, runs.task_queue
    UNION ALL
    SELECT
        namespace_components.digest,
        runs.task_queue,
        count(*) AS n_open
    FROM namespace_components
    CROSS JOIN runs INDEXED BY runs_by_component
        ON runs.component = namespace_components.digest
        AND runs.namespace_id = $1
        AND runs.status = 8
    WHERE namespace_components.namespace_id = $1
    GROUP BY namespace_components.digest, runs.task_queue
)
GROUP BY digest, task_queue
