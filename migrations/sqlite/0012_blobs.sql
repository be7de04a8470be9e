-- The data of large payloads, by content. Truth: a history has a digest in its place.
-- By namespace, so that no tenant can tell what another one has.
CREATE TABLE blobs (
    namespace_id  INTEGER NOT NULL,
    digest        BLOB    NOT NULL CHECK (length(digest) = 32),
    data          BLOB    NOT NULL,
    PRIMARY KEY (namespace_id, digest)
) STRICT;

-- Whose history has which. A run is given the data of no other digest. A blob without a run goes.
CREATE TABLE run_blobs (
    run_id        BLOB    NOT NULL CHECK (length(run_id) = 16),
    digest        BLOB    NOT NULL CHECK (length(digest) = 32),
    namespace_id  INTEGER NOT NULL,
    PRIMARY KEY (run_id, digest)
) STRICT, WITHOUT ROWID;

-- For blobs_delete_unused.sql.
CREATE INDEX run_blobs_of_blob ON run_blobs (namespace_id, digest);
