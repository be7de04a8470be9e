-- $1 id, $2 description, $3 owner, $4 retention ms, $5 state, $6 name.
-- Plan: a search of the primary key.
UPDATE namespaces
SET
    description = $2,
    owner_email = $3,
    retention_ms = $4,
    state = $5,
    name = $6
WHERE id = $1
