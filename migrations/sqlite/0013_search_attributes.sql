-- The search attributes that a namespace's users have registered. Truth. Few rows; all are read when the host starts.
CREATE TABLE search_attribute_types (
    namespace_id  INTEGER NOT NULL REFERENCES namespaces (id),
    name          TEXT    NOT NULL,
    -- Temporal's numbers: 1 Text, 2 Keyword, 3 Int, 4 Double, 5 Bool, 6 Datetime, 7 KeywordList.
    kind          INTEGER NOT NULL CHECK (kind BETWEEN 1 AND 7),
    PRIMARY KEY (namespace_id, name)
) STRICT, WITHOUT ROWID;

-- What runs are found by beside what `runs` itself has: one row for each value, for each word of a text and for each
-- keyword of a list. Derived from `run_attributes`. No row for a run without search attributes.
-- `value` begins with the kind's number and sorts as the values of that kind do; so a name that is registered anew
-- with another type does not find what was written before.
CREATE TABLE search_attributes (
    run_id        BLOB    NOT NULL CHECK (length(run_id) = 16),
    name          TEXT    NOT NULL,
    value         BLOB    NOT NULL,
    namespace_id  INTEGER NOT NULL,
    start_ms      INTEGER NOT NULL,
    PRIMARY KEY (run_id, name, value)
) STRICT, WITHOUT ROWID;

-- For lists by a search attribute, newest start first.
CREATE INDEX search_attributes_by_value ON search_attributes (namespace_id, name, value, start_ms, run_id);
