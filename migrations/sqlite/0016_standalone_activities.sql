-- Activities without a workflow: who asked for each, and what became of it. Truth. Attempts of those that are open are
-- rows of `activity_tasks` with an empty workflow id.
CREATE TABLE standalone_activities (
    activity_run_id  BLOB    NOT NULL CHECK (length(activity_run_id) = 16),
    namespace_id     INTEGER NOT NULL REFERENCES namespaces (id),
    activity_id      TEXT    NOT NULL,
    start_ms         INTEGER NOT NULL CHECK (start_ms >= 0),
    -- NULL: it is open.
    closed_ms        INTEGER,
    execution        BLOB    NOT NULL,
    PRIMARY KEY (activity_run_id)
) STRICT, WITHOUT ROWID;

-- At most one of an id is open.
CREATE UNIQUE INDEX standalone_activities_open ON standalone_activities (namespace_id, activity_id)
WHERE closed_ms IS NULL;

-- For standalone_latest.sql.
CREATE INDEX standalone_activities_by_id
ON standalone_activities (namespace_id, activity_id, start_ms, activity_run_id);

-- For standalone_list.sql.
CREATE INDEX standalone_activities_by_start ON standalone_activities (namespace_id, start_ms, activity_run_id);

-- For standalone_expire.sql.
CREATE INDEX standalone_activities_closed ON standalone_activities (namespace_id, closed_ms)
WHERE closed_ms IS NOT NULL;
