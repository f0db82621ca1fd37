-- An open run whose listings are all over was broken off before it could end: it ends here, so that
-- a new one begins.
-- $1 project, $2 job
UPDATE linkhaul.run AS r
SET state = 'done', ended_at = now()
WHERE project = $1 AND job = $2 AND state = 'open'
  AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                  WHERE l.run_id = r.run_id AND l.state = 'open')
