-- $1 key: waits for as long as lock_timeout allows, and holds it until the connection ends.
SELECT pg_advisory_lock($1::bigint)
