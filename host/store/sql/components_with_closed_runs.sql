-- The components of namespace $1 that a closed run was pinned to, as long as that is kept.
-- Plan: for each of its components, a range of runs_by_component.
SELECT digest
FROM namespace_components
WHERE
    namespace_id = $1
    AND EXISTS (
        SELECT 1
        FROM runs INDEXED BY runs_by_component
        WHERE
            runs.component = namespace_components.digest
            AND runs.namespace_id = $1
            AND runs.status BETWEEN 2 AND 7
    )
