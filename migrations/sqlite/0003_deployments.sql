-- Which component serves a task queue, and which ones did before. Truth.
CREATE TABLE deployments (
    namespace_id  INTEGER NOT NULL REFERENCES namespaces (id),
    task_queue    TEXT    NOT NULL,
    kind          TEXT    NOT NULL CHECK (kind IN ('workflow', 'activities')),
    version       INTEGER NOT NULL CHECK (version >= 1),
    digest        BLOB    NOT NULL REFERENCES components (digest),
    name          TEXT    NOT NULL,
    deployed_ms   INTEGER NOT NULL CHECK (deployed_ms >= 0),
    current       INTEGER NOT NULL CHECK (current IN (0, 1)),
    PRIMARY KEY (namespace_id, task_queue, kind, version)
) STRICT, WITHOUT ROWID;

-- At most one is current. For deployments_current.sql, deployment_current.sql and deployment_retire.sql.
CREATE UNIQUE INDEX deployments_current ON deployments (namespace_id, task_queue, kind)
WHERE current = 1;
