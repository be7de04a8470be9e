-- Children that have not ended, of runs that are open. Derived from history, so that nobody must read that to list
-- them. Rows that are left when a run closes mean nothing, and go with it.
CREATE TABLE pending_children (
    run_id              BLOB    NOT NULL CHECK (length(run_id) = 16),
    initiated_event_id  INTEGER NOT NULL CHECK (initiated_event_id >= 1),
    workflow_id         TEXT    NOT NULL,
    workflow_type       TEXT    NOT NULL,
    -- Null: it has not started.
    child_run_id        BLOB    CHECK (length(child_run_id) = 16),
    -- Temporal's numbers: 1 terminate, 2 abandon, 3 request cancel.
    parent_close        INTEGER NOT NULL CHECK (parent_close IN (1, 2, 3)),
    PRIMARY KEY (run_id, initiated_event_id)
) STRICT, WITHOUT ROWID;
