-- Histories: one row for each commit of a run. Truth.
-- `bytes` is a temporal.api.history.v1.History of `n_events` events; rows put one after the other are one as well.
-- A table with rowids, although the key is all one looks for: appends of all runs go to the same last pages, while
-- rows kept in the order of the key would give each run a page of its own to write.
CREATE TABLE history (
    run_id          BLOB    NOT NULL CHECK (length(run_id) = 16),
    first_event_id  INTEGER NOT NULL CHECK (first_event_id >= 1),
    n_events        INTEGER NOT NULL CHECK (n_events >= 1),
    bytes           BLOB    NOT NULL,
    PRIMARY KEY (run_id, first_event_id)
) STRICT;
