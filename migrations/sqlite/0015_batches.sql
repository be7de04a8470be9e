-- What is done to many workflows at once, and how far it is. Truth.
CREATE TABLE batches (
    namespace_id   INTEGER NOT NULL REFERENCES namespaces (id),
    job_id         TEXT    NOT NULL,
    created_ms     INTEGER NOT NULL CHECK (created_ms >= 0),
    -- Temporal's numbers: 1 running, 2 completed, 3 failed.
    state          INTEGER NOT NULL CHECK (state BETWEEN 1 AND 3),
    closed_ms      INTEGER CHECK ((state = 1) = (closed_ms IS NULL)),
    n_total        INTEGER NOT NULL CHECK (n_total >= 0),
    n_done         INTEGER NOT NULL CHECK (n_done >= 0),
    n_failed       INTEGER NOT NULL CHECK (n_failed >= 0),
    -- Of a query: start and id of the last run that was looked at.
    after_ms       INTEGER,
    after_run_id   BLOB CHECK ((after_ms IS NULL) = (after_run_id IS NULL)),
    -- A temporal.api.workflowservice.v1.StartBatchOperationRequest.
    request        BLOB    NOT NULL,
    PRIMARY KEY (namespace_id, job_id)
) STRICT, WITHOUT ROWID;

-- For batches_list.sql.
CREATE INDEX batches_by_creation ON batches (namespace_id, created_ms, job_id);

-- For batches_running.sql.
CREATE INDEX batches_running ON batches (namespace_id, job_id) WHERE state = 1;
