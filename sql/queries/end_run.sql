-- $1 run: it is over where none of its listings is open.
UPDATE linkhaul.run AS r
SET state = 'done', ended_at = now()
WHERE run_id = $1::bigint AND state = 'open'
  AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                  WHERE l.run_id = r.run_id AND l.state = 'open')
