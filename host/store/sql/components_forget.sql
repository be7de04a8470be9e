-- Takes components away from namespaces that no longer need them, at most $2: uploaded before $1, no run is pinned
-- to it, no queue has it as its current, ramping or previous version, nor had since $1.
-- Plan: namespace_components from end to end, with a search of runs_by_component and a range of deployments for
-- each; the sweep does it now and then.
DELETE FROM namespace_components
WHERE (namespace_id, digest) IN (
    SELECT old.namespace_id, old.digest
    FROM namespace_components AS old
    WHERE
        old.created_ms < $1
        AND NOT EXISTS (
            SELECT 1
            FROM runs INDEXED BY runs_by_component
            WHERE runs.component = old.digest AND runs.namespace_id = old.namespace_id
        )
        AND NOT EXISTS (
            SELECT 1
            FROM deployments
            WHERE
                deployments.namespace_id = old.namespace_id
                AND deployments.digest = old.digest
                AND (
                    deployments.current = 1
                    OR deployments.ramp IS NOT NULL
                    OR deployments.changed_ms >= $1
                    OR deployments.current_since_ms = (
                        SELECT max(before.current_since_ms)
                        FROM deployments AS before
                        WHERE
                            before.namespace_id = deployments.namespace_id
                            AND before.task_queue = deployments.task_queue
                            AND before.kind = deployments.kind
                            AND before.current = 0
                    )
                )
        )
    LIMIT $2
)
RETURNING digest
