-- All namespaces.
-- Plan: the table from end to end, in the order of its key.
SELECT
    id,
    name,
    uuid,
    description,
    owner_email,
    retention_ms,
    detach_above,
    data,
    created_ms,
    state
FROM namespaces
ORDER BY id
