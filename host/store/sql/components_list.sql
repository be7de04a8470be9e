-- Components of namespace $1, newest first.
-- Plan: a range of the primary key, sorted; a search for each.
SELECT
    components.digest,
    components.kind,
    namespace_components.name,
    components.size,
    components.definition,
    namespace_components.created_ms
FROM namespace_components
INNER JOIN components ON components.digest = namespace_components.digest
WHERE namespace_components.namespace_id = $1
ORDER BY namespace_components.created_ms DESC, components.digest
