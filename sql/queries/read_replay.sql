-- A run that is to be loaded again: $1 run
SELECT uid, project, job, endpoint, night, night - date '2000-01-01', state = 'open',
       coalesce(replay_of, 0)
FROM linkhaul.run
WHERE run_id = $1::bigint
