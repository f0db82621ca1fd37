-- Goes on with the job's open run, or begins one. The night that its calls count in is today's (or
-- the one asked for) either way; the night of an open run stays what it was.
-- $1 uid for a new run, $2 project, $3 job, $4 endpoint, $5 timezone, $6 labels, $7 night or null,
-- $8 the smallest cap of a run, 0 for none, $9 account, $10 its time zone,
-- $11 the run that the process began before and takes up, null: it is a start by somebody. Then a
-- wish to stop is over; else no other run begins behind one that is over. $12 where $7 is null: the
-- night that it is scheduled for, or null
WITH asked AS (
    SELECT coalesce($7::date, $12::date, (now() AT TIME ZONE $5)::date) AS night
), continued AS (
    UPDATE linkhaul.run
    SET budget_nanousd = nullif($8::bigint, 0), budget_night = asked.night, day = $7::date,
        labels = $6::jsonb,
        account = $9, account_timezone = $10, stop_asked_at = CASE WHEN $11::uuid IS NOT NULL THEN stop_asked_at END
    FROM asked
    WHERE project = $2 AND job = $3 AND state = 'open'
    RETURNING run_id
)
INSERT INTO linkhaul.run (uid, project, job, endpoint, night, timezone, labels, budget_nanousd,
                          budget_night, account, account_timezone, as_of, day)
SELECT $1::uuid, $2, $3, $4, asked.night, $5, $6::jsonb, nullif($8::bigint, 0), asked.night, $9,
       $10, coalesce($7::date::timestamp AT TIME ZONE $5, now()), $7::date
FROM asked
WHERE NOT EXISTS (SELECT FROM continued)
  AND NOT EXISTS (SELECT FROM linkhaul.run WHERE uid = $11::uuid)
