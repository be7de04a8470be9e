-- Named values that guests publish, the last of each name. Truth. They stay when the run is closed.
CREATE TABLE published_state (
    run_id  BLOB NOT NULL CHECK (length(run_id) = 16),
    name    TEXT NOT NULL,
    value   BLOB NOT NULL,
    PRIMARY KEY (run_id, name)
) STRICT, WITHOUT ROWID;
