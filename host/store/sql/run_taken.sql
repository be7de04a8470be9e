-- The first row of $1 that run_insert.sql can't insert, and the run that stands in its way: the open one of its
-- workflow id, or itself.
-- $1, $2 as in run_insert.sql.
-- Plan: for each row of $1, a search of runs_of_workflow for the workflow id.
SELECT
    new.key,
    runs.run_id
FROM jsonb_each($1) AS new
INNER JOIN runs INDEXED BY runs_of_workflow
    ON runs.namespace_id = new.value ->> 0
    AND runs.workflow_id = new.value ->> 2
WHERE runs.status IN (1, 8) OR runs.run_id = substr($2, new.value ->> 1, 16)
LIMIT 1
