-- The namespace with name $1.
-- Plan: a search of the unique index of names.
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
WHERE name = $1
