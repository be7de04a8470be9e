-- What of a run waits for a moment, so that the timer loop finds it without folding histories.
-- Derived from history, except kind 4, which is derived from `runs.task_retry_ms`.
CREATE TABLE timers (
    run_id        BLOB    NOT NULL CHECK (length(run_id) = 16),
    -- 1 the guest's own, 2 the run's time limit, 3 the wait before the first task, 4 the wait before a task's retry,
    -- 5 a look after local activities, which only their host's memory knows, 6 the end of a fast-forward of the run's
    -- own clock. All times are those of the host's clock.
    kind          INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 6),
    -- Of kind 1: the event that started it. Else 0.
    seq           INTEGER NOT NULL CHECK ((kind = 1) = (seq > 0)),
    fire_at_ms    INTEGER NOT NULL CHECK (fire_at_ms >= 0),
    namespace_id  INTEGER NOT NULL,
    workflow_id   TEXT    NOT NULL,
    PRIMARY KEY (run_id, kind, seq)
) STRICT, WITHOUT ROWID;

-- For timers_due.sql.
CREATE INDEX timers_due ON timers (fire_at_ms, run_id, kind, seq);
