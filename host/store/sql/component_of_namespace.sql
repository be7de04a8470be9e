-- The component with digest $2, if namespace $1 uploaded it.
-- Plan: searches of two primary keys.
SELECT
    components.digest,
    components.kind,
    namespace_components.name,
    components.size,
    components.definition,
    namespace_components.created_ms
FROM namespace_components
INNER JOIN components ON components.digest = namespace_components.digest
WHERE namespace_components.namespace_id = $1 AND namespace_components.digest = $2
