-- The run that a run was reset to last. Truth: the new run's history says it too, but there is no way from the one to
-- the other.
CREATE TABLE run_resets (
    namespace_id  INTEGER NOT NULL,
    run_id        BLOB    NOT NULL CHECK (length(run_id) = 16),
    new_run_id    BLOB    NOT NULL CHECK (length(new_run_id) = 16),
    PRIMARY KEY (namespace_id, run_id)
) STRICT, WITHOUT ROWID;
