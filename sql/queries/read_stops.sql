-- Which of these runs somebody has stopped, and how a reserve of theirs would be refused. $1 runs
SELECT run_id, format('stopped by hand (linkhaul stop) at %s UTC',
                      to_char(stop_asked_at AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS'))
FROM linkhaul.run
WHERE run_id = ANY ($1::bigint[]) AND state = 'open' AND stop_asked_at IS NOT NULL
