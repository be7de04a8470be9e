-- The namespace $1, of which nothing else is left.
-- Plan: a search of the primary key; the other two make sure of it.
DELETE FROM namespaces
WHERE id = $1
