-- Before partitions are taken out: no wait is long, and no run is being loaded again, whose rows might
-- go to one of them. $1 the lock of a replay
SELECT set_config('lock_timeout', '5s', false), pg_try_advisory_lock($1::bigint)
