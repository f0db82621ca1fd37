-- The same once more, where other connections of the process may still be there. $1 key
SELECT pg_advisory_lock_shared($1::bigint), pg_advisory_lock($1::bigint + 1), pg_advisory_lock($1::bigint + 2),
       pg_advisory_unlock($1::bigint + 1), pg_advisory_unlock($1::bigint + 2)
