-- Waits for connections that this process has let go of: what they were at may still be committed.
-- $1 their keys
SELECT pg_advisory_lock(key), pg_advisory_unlock(key) FROM unnest($1::bigint[]) AS key
