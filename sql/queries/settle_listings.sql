-- Behind name_feed, in its transaction: gives up the open listings of feeds that the job no longer
-- has, and those that only were to count where the real ones begin; and forgets why the others could not
-- end the last time. $1 project, $2 job, $3 count, where feeds are only to be counted
WITH listed AS (
    SELECT l.listing_id, f.asked_at < now() AS is_gone, linkhaul.is_probe(l) AS is_probe
    FROM linkhaul.run AS r
    JOIN linkhaul.listing AS l ON l.run_id = r.run_id AND l.state = 'open'
    JOIN linkhaul.feed AS f ON f.feed_id = l.feed_id
    WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
      AND ($3 <> 'count' OR linkhaul.is_probe(l))
)
UPDATE linkhaul.listing AS l
SET state = CASE WHEN is_gone OR (is_probe AND $3 <> 'count') THEN 'abandoned' ELSE 'open' END,
    reason = CASE WHEN is_gone THEN 'the job no longer has this feed'
                  WHEN is_probe AND $3 <> 'count' THEN 'no longer asked for' ELSE '' END,
    completeness = NULL
FROM listed
WHERE l.listing_id = listed.listing_id
