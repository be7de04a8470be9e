-- $1 digest, $2 kind, $3 size, $4 definition, $5 bytes. One that is there already is the same.
INSERT INTO components (digest, kind, size, definition, bytes)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (digest) DO NOTHING
