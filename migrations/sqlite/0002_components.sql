-- Uploaded WebAssembly, by content. Truth. A row never changes, and belongs to no tenant.
-- `bytes` stands last, so that reading the other columns does not read it.
CREATE TABLE components (
    digest      BLOB    NOT NULL PRIMARY KEY CHECK (length(digest) = 32),
    kind        TEXT    NOT NULL CHECK (kind IN ('workflow', 'activities')),
    size        INTEGER NOT NULL CHECK (size >= 0),
    definition  TEXT    NOT NULL,
    bytes       BLOB    NOT NULL
) STRICT;

-- Who may use which component, and what they call it. Truth.
CREATE TABLE namespace_components (
    namespace_id  INTEGER NOT NULL REFERENCES namespaces (id),
    digest        BLOB    NOT NULL REFERENCES components (digest),
    name          TEXT    NOT NULL,
    created_ms    INTEGER NOT NULL CHECK (created_ms >= 0),
    PRIMARY KEY (namespace_id, digest)
) STRICT, WITHOUT ROWID;

-- For components_forget.sql: is it used by anyone else?
CREATE INDEX namespace_components_of_digest ON namespace_components (digest);
