-- Requests of starts that found a run and are written in its history. Derived from that: one that comes again is
-- known, also when the run is closed, however long the history is.
CREATE TABLE attached_requests (
    run_id      BLOB    NOT NULL CHECK (length(run_id) = 16),
    request_id  TEXT    NOT NULL,
    event_id    INTEGER NOT NULL CHECK (event_id >= 2),
    PRIMARY KEY (run_id, request_id)
) STRICT, WITHOUT ROWID;
