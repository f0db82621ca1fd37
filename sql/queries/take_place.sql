-- A process takes its place: nobody else holds one of the locks any more, and what a killed process
-- has left behind in the server is over. The first one stays, shared with its other connections.
-- $1 the key of the first lock
SELECT pg_advisory_lock($1::bigint), pg_advisory_lock($1::bigint + 1), pg_advisory_lock($1::bigint + 2),
       pg_advisory_lock_shared($1::bigint),
       pg_advisory_unlock($1::bigint), pg_advisory_unlock($1::bigint + 1), pg_advisory_unlock($1::bigint + 2)
