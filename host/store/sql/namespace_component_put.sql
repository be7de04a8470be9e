-- $1 namespace, $2 digest, $3 name, $4 created ms. A second upload changes the name, and counts as new.
INSERT INTO namespace_components (namespace_id, digest, name, created_ms)
VALUES ($1, $2, $3, $4)
ON CONFLICT (namespace_id, digest) DO UPDATE SET name = excluded.name, created_ms = excluded.created_ms
