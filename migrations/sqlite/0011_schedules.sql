-- Schedules. `schedule` is the truth; the other columns are what of it is looked for, in the way of `runs`.
CREATE TABLE schedules (
    namespace_id  INTEGER NOT NULL,
    schedule_id   TEXT    NOT NULL,
    -- When it was made.
    start_ms      INTEGER NOT NULL CHECK (start_ms >= 0),
    -- When it must be looked at again; NULL: when one of its runs ends, or never.
    wake_ms       INTEGER CHECK (wake_ms >= 0),
    -- It waits for the end of a run.
    follows       INTEGER NOT NULL CHECK (follows IN (0, 1)),
    -- Numbers of `runs`: 1 running, 8 paused.
    status        INTEGER NOT NULL CHECK (status IN (1, 8)),
    schedule      BLOB    NOT NULL,
    PRIMARY KEY (namespace_id, schedule_id)
) STRICT, WITHOUT ROWID;

-- For lists and counts by filters, see `store/src/list/plan.rs`.
CREATE INDEX schedules_by_status ON schedules (namespace_id, status, start_ms, schedule_id);

CREATE INDEX schedules_by_id ON schedules (namespace_id, schedule_id, start_ms, status);

-- For schedules_awake.sql.
CREATE INDEX schedules_awake ON schedules (namespace_id, schedule_id, wake_ms, follows)
WHERE wake_ms IS NOT NULL OR follows = 1;

-- Their search attributes, as `search_attributes` has those of runs. They go with their schedule.
CREATE TABLE schedule_attributes (
    namespace_id  INTEGER NOT NULL,
    schedule_id   TEXT    NOT NULL,
    name          TEXT    NOT NULL,
    value         BLOB    NOT NULL,
    start_ms      INTEGER NOT NULL,
    PRIMARY KEY (namespace_id, schedule_id, name, value),
    FOREIGN KEY (namespace_id, schedule_id) REFERENCES schedules (namespace_id, schedule_id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE INDEX schedule_attributes_by_value
ON schedule_attributes (namespace_id, name, value, start_ms, schedule_id);
