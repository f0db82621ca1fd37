-- Behind begin_retention.sql; where that has not got the lock, false comes with a warning of the server's.
-- $1 the lock of a replay
SELECT set_config('lock_timeout', '0', false), pg_advisory_unlock($1::bigint)
