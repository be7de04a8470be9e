-- All that run $1 published.
-- Plan: a range of the primary key.
SELECT
    name,
    value
FROM published_state
WHERE run_id = $1
ORDER BY name
