-- $1 name, $2 uuid, $3 description, $4 owner, $5 retention ms, $6 created ms, $7 state.
INSERT INTO namespaces (name, uuid, description, owner_email, retention_ms, created_ms, state)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING id
