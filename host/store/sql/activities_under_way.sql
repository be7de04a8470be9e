-- Does a worker have an attempt, or could one take an attempt at $1? Asked by a clock that skips time.
-- Plan: the first entry of activity_tasks_started, the first of activity_tasks_line, then activity_tasks_later up to
-- the first entry that fits.
SELECT
    EXISTS (SELECT 1 FROM activity_tasks WHERE state = 1)
    OR EXISTS (SELECT 1 FROM activity_tasks WHERE state = 0 AND pass IS NOT NULL)
    OR EXISTS (SELECT 1 FROM activity_tasks WHERE state = 0 AND pass IS NULL AND since_ms <= $1)
