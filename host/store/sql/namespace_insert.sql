-- $1 name, $2 uuid, $3 description, $4 owner, $5 retention ms, $6 bytes, $7 data, $8 created ms, $9 state.
INSERT INTO namespaces (name, uuid, description, owner_email, retention_ms, detach_above, data, created_ms, state)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
RETURNING id
