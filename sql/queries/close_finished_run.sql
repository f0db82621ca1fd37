-- An open run of an earlier night whose listings are all over was broken off before it could end: it
-- ends here, so that a new one begins. In its own night it goes on instead, and ends with nothing
-- left to do: a start after a failure must not buy all of it again.
-- $1 project, $2 job, $3 timezone, $4 night or null
SELECT linkhaul.end_run(r.run_id, false)
FROM linkhaul.run AS r
WHERE project = $1 AND job = $2 AND state = 'open'
  AND budget_night < coalesce($4::date, (now() AT TIME ZONE $3)::date)
  AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                  WHERE l.run_id = r.run_id AND l.state = 'open')
