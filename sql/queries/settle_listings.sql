-- Behind name_feed, in its transaction: gives up the open listings of feeds that the job no longer
-- has, and forgets why the others could not end the last time.
-- $1 project, $2 job
UPDATE linkhaul.listing AS l
SET state = CASE WHEN f.asked_at < now() THEN 'abandoned' ELSE 'open' END,
    reason = CASE WHEN f.asked_at < now() THEN 'the job no longer has this feed' ELSE '' END,
    completeness = NULL
FROM linkhaul.run AS r, linkhaul.feed AS f
WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
  AND l.run_id = r.run_id AND l.state = 'open' AND f.feed_id = l.feed_id
