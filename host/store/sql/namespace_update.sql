-- $1 id, $2 description, $3 owner, $4 retention ms, $5 bytes, $6 state, $7 name, $8 data.
-- Plan: a search of the primary key.
UPDATE namespaces
SET
    description = $2,
    owner_email = $3,
    retention_ms = $4,
    detach_above = $5,
    state = $6,
    name = $7,
    data = $8
WHERE id = $1
