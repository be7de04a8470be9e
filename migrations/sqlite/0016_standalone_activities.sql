-- Activities without a workflow: who asked for each, and what became of it. Truth. Attempts of those that are open are
-- rows of `activity_tasks` with an empty workflow id.
-- `execution` holds all of it; the other columns repeat what lists look for, in the way of `runs`.
CREATE TABLE standalone_activities (
    activity_run_id  BLOB    NOT NULL CHECK (length(activity_run_id) = 16),
    namespace_id     INTEGER NOT NULL REFERENCES namespaces (id),
    activity_id      TEXT    NOT NULL,
    activity_type    TEXT    NOT NULL,
    task_queue       TEXT    NOT NULL,
    -- Numbers of `runs`: 1 running, 2 completed, 3 failed, 4 canceled, 5 terminated, 7 timed out, 8 paused. While it is
    -- open this and the queue follow the row of its attempts.
    status           INTEGER NOT NULL CHECK (status IN (1, 2, 3, 4, 5, 7, 8)),
    start_ms         INTEGER NOT NULL CHECK (start_ms >= 0),
    -- Later than `start_ms` by the wait before the first attempt.
    execution_ms     INTEGER NOT NULL CHECK (execution_ms >= start_ms),
    close_ms         INTEGER,
    execution        BLOB    NOT NULL,
    PRIMARY KEY (activity_run_id),
    CHECK ((status IN (1, 8)) = (close_ms IS NULL))
) STRICT, WITHOUT ROWID;

-- At most one of an id is open.
CREATE UNIQUE INDEX standalone_activities_open ON standalone_activities (namespace_id, activity_id)
WHERE close_ms IS NULL;

-- For standalone_latest.sql, and lists by activity id.
CREATE INDEX standalone_activities_by_id
ON standalone_activities (namespace_id, activity_id, start_ms, activity_run_id);

-- For lists and counts by filters, see `store/src/list/plan.rs`.
CREATE INDEX standalone_activities_by_status
ON standalone_activities (namespace_id, status, start_ms, activity_run_id);

CREATE INDEX standalone_activities_by_type
ON standalone_activities (namespace_id, activity_type, status, start_ms, activity_run_id);

-- For standalone_expire.sql.
CREATE INDEX standalone_activities_closed ON standalone_activities (namespace_id, close_ms)
WHERE close_ms IS NOT NULL;

-- Their search attributes, as `search_attributes` has those of runs. They go with their activity.
CREATE TABLE standalone_attributes (
    activity_run_id  BLOB    NOT NULL REFERENCES standalone_activities (activity_run_id) ON DELETE CASCADE,
    name             TEXT    NOT NULL,
    value            BLOB    NOT NULL,
    namespace_id     INTEGER NOT NULL,
    start_ms         INTEGER NOT NULL,
    PRIMARY KEY (activity_run_id, name, value)
) STRICT, WITHOUT ROWID;

CREATE INDEX standalone_attributes_by_value
ON standalone_attributes (namespace_id, name, value, start_ms, activity_run_id);
