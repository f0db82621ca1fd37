-- A connection of a process that has its place: $1 key of the process's lock, $2 the connection's own
SELECT pg_advisory_lock_shared($1::bigint), pg_advisory_lock($2::bigint)
