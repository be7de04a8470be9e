-- What the start of a run said to those that list it. Derived from its first event. No row if it said nothing.
CREATE TABLE run_attributes (
    namespace_id       INTEGER NOT NULL,
    run_id             BLOB    NOT NULL CHECK (length(run_id) = 16),
    memo               BLOB    NOT NULL,
    search_attributes  BLOB    NOT NULL,
    PRIMARY KEY (namespace_id, run_id)
) STRICT, WITHOUT ROWID;
