-- Activities that are not closed, and the state of their attempts. Truth: history learns of the last attempt only.
-- `task` holds all of it; the other columns repeat what the queries below must find.
CREATE TABLE activity_tasks (
    run_id              BLOB    NOT NULL CHECK (length(run_id) = 16),
    scheduled_event_id  INTEGER NOT NULL CHECK (scheduled_event_id >= 1),
    namespace_id        INTEGER NOT NULL,
    workflow_id         TEXT    NOT NULL,
    activity_id         TEXT    NOT NULL,
    task_queue          TEXT    NOT NULL,
    -- 0 waiting for a worker, or for the end of a backoff; 1 started.
    state               INTEGER NOT NULL CHECK (state IN (0, 1)),
    -- Since when it is in this state; in the future while it backs off.
    since_ms            INTEGER NOT NULL CHECK (since_ms >= 0),
    -- When something happens by itself. Null: never.
    due_ms              INTEGER,
    attempt             INTEGER NOT NULL CHECK (attempt >= 1),
    started_by          TEXT CHECK ((state = 1) = (started_by IS NOT NULL)),
    -- 1 comes first, 5 last.
    priority            INTEGER NOT NULL CHECK (priority BETWEEN 1 AND 5),
    fairness_key        TEXT    NOT NULL,
    -- Its place among those of its priority, see `core/src/fairness.rs`. Null: it is not in line, but backs off or is
    -- paused; what has waited for its time gets in line in memory only, for after a restart its time has come again.
    pass                INTEGER CHECK (pass >= 0),
    -- Its type, if it is paused.
    paused_type         TEXT,
    task                BLOB    NOT NULL,
    PRIMARY KEY (run_id, scheduled_event_id)
) STRICT, WITHOUT ROWID;

-- For activities_due.sql.
CREATE INDEX activity_tasks_due ON activity_tasks (due_ms, run_id, scheduled_event_id)
WHERE due_ms IS NOT NULL;

-- For activities_waiting.sql, activities_lines.sql and activities_backlog.sql. Ends with the fairness key, so that the
-- second of them reads nothing else.
CREATE INDEX activity_tasks_line
ON activity_tasks (namespace_id, task_queue, priority, pass, since_ms, run_id, scheduled_event_id, fairness_key)
WHERE state = 0 AND pass IS NOT NULL;

-- For activities_backlog.sql.
CREATE INDEX activity_tasks_later ON activity_tasks (namespace_id, task_queue, since_ms, priority)
WHERE state = 0 AND pass IS NULL;

-- Those that are paused: few. For activities_paused.sql, and lists of runs by what is paused of them.
CREATE INDEX activity_tasks_paused ON activity_tasks (namespace_id, run_id, paused_type)
WHERE paused_type IS NOT NULL;

-- For activities_started_by.sql.
CREATE INDEX activity_tasks_started ON activity_tasks (started_by, run_id, scheduled_event_id)
WHERE state = 1;
