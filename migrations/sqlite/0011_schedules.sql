-- Schedules. `schedule` is the truth; the other columns are what of it is looked for.
CREATE TABLE schedules (
    namespace_id  INTEGER NOT NULL,
    schedule_id   TEXT    NOT NULL,
    created_ms    INTEGER NOT NULL CHECK (created_ms >= 0),
    -- When it must be looked at again; NULL: when one of its runs ends, or never.
    wake_ms       INTEGER CHECK (wake_ms >= 0),
    -- It waits for the end of a run.
    follows       INTEGER NOT NULL CHECK (follows IN (0, 1)),
    paused        INTEGER NOT NULL CHECK (paused IN (0, 1)),
    schedule      BLOB    NOT NULL,
    PRIMARY KEY (namespace_id, schedule_id)
) STRICT, WITHOUT ROWID;

-- For schedules_list.sql.
CREATE INDEX schedules_by_creation ON schedules (namespace_id, created_ms, schedule_id);

-- For schedules_awake.sql.
CREATE INDEX schedules_awake ON schedules (namespace_id, schedule_id, wake_ms, follows)
WHERE wake_ms IS NOT NULL OR follows = 1;
