-- What runs have sent each other and no commit of a receiver has taken yet: the outbox. Truth.
-- The key begins with the run whose event it comes of, so that messages of one run lie together. An answer has the
-- key of its request, and takes its place.
CREATE TABLE messages (
    origin_run_id BLOB    NOT NULL CHECK (length(origin_run_id) = 16),
    event_id      INTEGER NOT NULL CHECK (event_id >= 1),
    -- Counts the messages of one event.
    n             INTEGER NOT NULL CHECK (n >= 0),
    -- The receiver.
    namespace_id  INTEGER NOT NULL,
    workflow_id   TEXT    NOT NULL,
    message       BLOB    NOT NULL,
    PRIMARY KEY (origin_run_id, event_id, n)
) STRICT;
