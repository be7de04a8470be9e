-- All of them.
-- Plan: the whole table, once, when the host starts.
SELECT
    namespace_id,
    name,
    kind
FROM search_attribute_types
ORDER BY namespace_id, name
