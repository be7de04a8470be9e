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
    task                BLOB    NOT NULL,
    PRIMARY KEY (run_id, scheduled_event_id)
) STRICT;

-- For activities_due.sql.
CREATE INDEX activity_tasks_due ON activity_tasks (due_ms, run_id, scheduled_event_id)
WHERE due_ms IS NOT NULL;

-- For activities_waiting.sql and queues_waiting.sql.
CREATE INDEX activity_tasks_waiting
ON activity_tasks (namespace_id, task_queue, since_ms, run_id, scheduled_event_id)
WHERE state = 0;

-- For activities_started_by.sql.
CREATE INDEX activity_tasks_started ON activity_tasks (started_by, run_id, scheduled_event_id)
WHERE state = 1;
