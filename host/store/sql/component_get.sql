-- The component with digest $1, whoever uploaded it.
-- Plan: a search of the primary key.
SELECT
    kind,
    size,
    definition,
    bytes
FROM components
WHERE digest = $1
