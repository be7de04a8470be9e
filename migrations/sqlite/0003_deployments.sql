-- Which versions of a component serve a task queue, and which ones did before. Truth.
-- A version is a component in its queue; its build id is the digest. No reference to `components`: what served
-- once is told of for good, also when its bytes are gone.
CREATE TABLE deployments (
    namespace_id      INTEGER NOT NULL REFERENCES namespaces (id),
    task_queue        TEXT    NOT NULL,
    kind              TEXT    NOT NULL CHECK (kind IN ('workflow', 'activities')),
    version           INTEGER NOT NULL CHECK (version >= 1),
    digest            BLOB    NOT NULL CHECK (length(digest) = 32),
    name              TEXT    NOT NULL,
    deployed_ms       INTEGER NOT NULL CHECK (deployed_ms >= 0),
    current           INTEGER NOT NULL CHECK (current IN (0, 1)),
    -- The share of new runs that it takes beside the current one, in hundredths of a percent. NULL: it does not ramp.
    ramp              INTEGER CHECK (ramp BETWEEN 0 AND 10000),
    -- When it last became current. NULL: it never was. The greatest of those that are not current is gone back to.
    current_since_ms  INTEGER,
    -- When one of the three above last changed.
    changed_ms        INTEGER NOT NULL CHECK (changed_ms >= 0),
    PRIMARY KEY (namespace_id, task_queue, kind, version),
    UNIQUE (namespace_id, task_queue, kind, digest),
    CHECK (current = 0 OR (current_since_ms IS NOT NULL AND ramp IS NULL))
) STRICT, WITHOUT ROWID;

-- At most one is current, and at most one ramps.
CREATE UNIQUE INDEX deployments_current ON deployments (namespace_id, task_queue, kind)
WHERE current = 1;
CREATE UNIQUE INDEX deployments_ramping ON deployments (namespace_id, task_queue, kind)
WHERE ramp IS NOT NULL;

-- For deployments_serving.sql.
CREATE INDEX deployments_serving ON deployments (namespace_id, task_queue, kind)
WHERE current = 1 OR ramp IS NOT NULL;
