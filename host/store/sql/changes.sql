-- Rows that the statement before this one changed.
SELECT changes()
