-- Behind name_feed, in its transaction: gives up the open listings of feeds that the job no longer
-- has, and those that only were to count where the real ones begin; and forgets why the others could
-- not end the last time. $1 project, $2 job, $3 kind of listing
UPDATE linkhaul.listing AS l
SET state = CASE WHEN f.asked_at < now() OR (l.kind = 'count' AND $3 <> 'count')
                 THEN 'abandoned' ELSE 'open' END,
    reason = CASE WHEN f.asked_at < now() THEN 'the job no longer has this feed'
                  WHEN l.kind = 'count' AND $3 <> 'count' THEN 'no longer asked for' ELSE '' END,
    completeness = NULL
FROM linkhaul.run AS r, linkhaul.feed AS f
WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
  AND l.run_id = r.run_id AND l.state = 'open' AND f.feed_id = l.feed_id
  AND $3 IN (l.kind, 'full')
