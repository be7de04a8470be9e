-- What operators have said of task queues: rate limits and weights. Truth. Few rows; all are read when the host starts.
CREATE TABLE task_queues (
    namespace_id  INTEGER NOT NULL REFERENCES namespaces (id),
    task_queue    TEXT    NOT NULL,
    -- Temporal's numbers: 1 workflow, 2 activity.
    kind          INTEGER NOT NULL CHECK (kind IN (1, 2)),
    -- A temporal.api.taskqueue.v1.TaskQueueConfig.
    config        BLOB    NOT NULL,
    PRIMARY KEY (namespace_id, task_queue, kind)
) STRICT, WITHOUT ROWID;
