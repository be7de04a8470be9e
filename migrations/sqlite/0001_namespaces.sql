-- Tenants. Truth. Few rows; all of them are read when the host starts.
CREATE TABLE namespaces (
    id            INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL UNIQUE,
    uuid          BLOB    NOT NULL UNIQUE CHECK (length(uuid) = 16),
    description   TEXT    NOT NULL,
    owner_email   TEXT    NOT NULL,
    retention_ms  INTEGER NOT NULL CHECK (retention_ms >= 0),
    -- Payloads of more bytes are kept beside the histories, in `blobs`. Null: none are.
    detach_above  INTEGER CHECK (detach_above >= 0),
    -- What its owners note about it: Temporal's `NamespaceInfo`, with nothing but its `data`.
    data          BLOB    NOT NULL,
    created_ms    INTEGER NOT NULL CHECK (created_ms >= 0),
    -- Temporal's numbers: 1 registered, 2 deprecated, 3 deleted.
    state         INTEGER NOT NULL CHECK (state IN (1, 2, 3))
) STRICT;
