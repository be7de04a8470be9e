-- Options of runs that are there.
-- $1 rows [namespace, run id's place in $2, options' place, their length, auto upgrade].
-- Plan: for each row of $1, a search of the primary key.
UPDATE runs
SET
    options = substr($2, new.value ->> 2, new.value ->> 3),
    auto_upgrade = new.value ->> 4
FROM jsonb_each($1) AS new
WHERE
    runs.namespace_id = new.value ->> 0
    AND runs.run_id = substr($2, new.value ->> 1, 16)
