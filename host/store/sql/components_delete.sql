-- Those of the components in $2 that no namespace may use any more. $1 rows [digest's place in $2].
-- Plan: for each row of $1, searches of two indexes.
DELETE FROM components
WHERE
    digest IN (SELECT substr($2, old.value ->> 0, 32) FROM jsonb_each($1) AS old)
    AND NOT EXISTS (SELECT 1 FROM namespace_components WHERE namespace_components.digest = components.digest)
RETURNING digest
