-- Runs: what is true of each now. Truth, except that all but the components, `start_request_id` and the three
-- `task_` columns could be folded from history again.
-- Small on purpose: a commit rewrites the whole row. What never changes and may be large is in `run_attributes`.
-- Run ids are UUIDv7, so rows of runs that live at the same time lie together.
CREATE TABLE runs (
    namespace_id      INTEGER NOT NULL,
    run_id            BLOB    NOT NULL CHECK (length(run_id) = 16),
    workflow_id       TEXT    NOT NULL,
    workflow_type     TEXT    NOT NULL,
    task_queue        TEXT    NOT NULL,
    -- Temporal's numbers: 1 running, 2 completed, 3 failed, 4 canceled, 5 terminated, 6 continued as new, 7 timed out,
    -- 8 paused.
    status            INTEGER NOT NULL CHECK (status BETWEEN 1 AND 8),
    -- Stays 1 after the run is closed: it says what was asked, not what became of it.
    cancel_requested  INTEGER NOT NULL CHECK (cancel_requested IN (0, 1)),
    -- Why, of a paused run; the empty text if nobody said.
    pause_reason      TEXT,
    start_ms          INTEGER NOT NULL CHECK (start_ms >= 0),
    -- Later than `start_ms` by the wait before the first task.
    execution_ms      INTEGER NOT NULL CHECK (execution_ms >= start_ms),
    close_ms          INTEGER,
    next_event_id     INTEGER NOT NULL CHECK (next_event_id >= 1),
    history_bytes     INTEGER NOT NULL CHECK (history_bytes >= 0),
    -- The component that the run is pinned to, and those before it, one after the other, if it was moved.
    component           BLOB    NOT NULL CHECK (length(component) = 32),
    earlier_components  BLOB    CHECK (length(earlier_components) % 32 = 0),
    -- Those that were changed since its start, or that say which component it is on: a `WorkflowExecutionOptions`.
    options             BLOB,
    -- It moves on with what is deployed: so the options say.
    auto_upgrade        INTEGER NOT NULL DEFAULT 0 CHECK (auto_upgrade IN (0, 1)),
    start_request_id  TEXT,
    first_run_id      BLOB    NOT NULL CHECK (length(first_run_id) = 16),
    -- Commits that moved the run on.
    state_transitions  INTEGER NOT NULL CHECK (state_transitions >= 1),
    -- Of a child: who started it, and the run at the top.
    parent_workflow_id  TEXT,
    parent_run_id       BLOB CHECK (length(parent_run_id) = 16),
    root_workflow_id    TEXT,
    root_run_id         BLOB CHECK (length(root_run_id) = 16),
    -- Failed attempts of the present workflow task, the last one's failure, and when it is tried again.
    task_attempts     INTEGER NOT NULL CHECK (task_attempts >= 0),
    task_failure      BLOB,
    task_retry_ms     INTEGER,
    PRIMARY KEY (namespace_id, run_id),
    CHECK ((status IN (1, 8)) = (close_ms IS NULL)),
    CHECK ((status = 8) = (pause_reason IS NOT NULL)),
    CHECK ((task_attempts = 0) = (task_failure IS NULL)),
    CHECK ((task_attempts = 0) = (task_retry_ms IS NULL))
) STRICT, WITHOUT ROWID;

-- Three promises in one tree, because workflow ids are random and each further tree would cost every start and
-- every close a page of its own. All open runs of a workflow id have the same key x'ff', so there is at most one;
-- it sorts after every run id, so the last entry is the current run; all runs of a workflow id lie together.
-- For runs_current.sql, run_taken.sql, and lists by workflow id.
CREATE UNIQUE INDEX runs_of_workflow
ON runs (namespace_id, workflow_id, (CASE WHEN status IN (1, 8) THEN x'ff' ELSE run_id END));

-- The next four are for lists and counts by filters, see `store/src/list/plan.rs`. Lists are in the order of start
-- times, so every index ends with it. A list of all runs is merged from one list for each status: an index without
-- the status would cost every start a page of its own.
CREATE INDEX runs_by_status ON runs (namespace_id, status, start_ms, run_id);

CREATE INDEX runs_by_type ON runs (namespace_id, workflow_type, status, start_ms, run_id);

-- Of children only.
CREATE INDEX runs_by_parent ON runs (namespace_id, parent_workflow_id, start_ms, run_id)
WHERE parent_workflow_id IS NOT NULL;

CREATE INDEX runs_by_root ON runs (namespace_id, root_workflow_id, start_ms, run_id)
WHERE root_workflow_id IS NOT NULL;

-- Those whose workflow task fails: few. For runs_failing.sql.
CREATE INDEX runs_failing ON runs (namespace_id, task_queue, run_id) WHERE task_attempts > 0;

-- Which runs are pinned to which component: lists by version, how many are open, and is there any at all. Nearly every
-- component serves one queue, so that is only looked at.
-- For lists by filters, runs_pinned.sql, runs_open_by_component.sql and components_forget.sql.
CREATE INDEX runs_by_component ON runs (component, namespace_id, status, start_ms, run_id, task_queue);

-- Those that were moved to another component: few. For lists by a version that was left.
CREATE INDEX runs_moved ON runs (namespace_id, start_ms, run_id) WHERE earlier_components IS NOT NULL;

-- For runs_expired.sql. Closes come in the order of time, so a close adds to the end of it.
CREATE INDEX runs_by_close ON runs (namespace_id, close_ms, run_id) WHERE close_ms IS NOT NULL;
