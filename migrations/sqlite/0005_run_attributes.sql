-- What a run says to those that list it: as its start said, with what it has changed since. Derived from history.
-- No row if it never said anything.
CREATE TABLE run_attributes (
    namespace_id       INTEGER NOT NULL,
    run_id             BLOB    NOT NULL CHECK (length(run_id) = 16),
    memo               BLOB    NOT NULL,
    search_attributes  BLOB    NOT NULL,
    PRIMARY KEY (namespace_id, run_id)
) STRICT, WITHOUT ROWID;
