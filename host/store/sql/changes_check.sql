-- Fails if the statement before this one changed other than $1 rows: only an error stops a batch.
SELECT json(CASE changes() WHEN $1 THEN 'true' ELSE 'rows changed, but not as many as expected' END)
