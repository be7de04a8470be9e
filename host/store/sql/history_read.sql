-- At most $3 rows of the history of run $1, from the one with event $2 on.
-- Plan: a search of the primary key for where to begin, then a range of it.
SELECT
    first_event_id,
    n_events,
    bytes
FROM history
WHERE
    run_id = $1
    AND first_event_id >= coalesce(
        (
            SELECT begun.first_event_id
            FROM history AS begun
            WHERE begun.run_id = $1 AND begun.first_event_id <= $2
            ORDER BY begun.first_event_id DESC
            LIMIT 1
        ),
        $2
    )
ORDER BY first_event_id
LIMIT $3
