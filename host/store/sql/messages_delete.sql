-- Of a namespace that is no more.
-- Plan: a scan, which is right here: what lies in the outbox is on its way, so it is short.
DELETE FROM messages WHERE namespace_id = $1
