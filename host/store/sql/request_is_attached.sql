-- Was run $1 found by request $2?
-- Plan: a search of the primary key.
SELECT EXISTS (SELECT 1 FROM attached_requests WHERE run_id = $1 AND request_id = $2)
