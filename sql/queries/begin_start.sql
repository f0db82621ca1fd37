-- The run of a start that was asked for is under way: the job's newest. $1 start, $2 what to tell of it
UPDATE linkhaul.wanted_start AS w
SET note = $2,
    run_id = (SELECT max(r.run_id) FROM linkhaul.run AS r
              WHERE r.project = w.project AND r.job = w.job AND r.replay_of IS NULL)
WHERE w.start_id = $1::bigint
