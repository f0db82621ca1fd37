-- Behind name_feed, in its transaction: nothing of the feed has moved since it was last synced, so it
-- is synced by this run without a listing, unless it has one there. $1 key, $2 project, $3 job
UPDATE linkhaul.feed AS f
SET synced_night = r.night, synced_as_of = r.as_of, synced_run_id = r.run_id
FROM linkhaul.run AS r
WHERE f.key = $1::uuid AND r.project = $2 AND r.job = $3 AND r.state = 'open'
  AND f.synced_run_id IS DISTINCT FROM r.run_id
  AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                  WHERE l.run_id = r.run_id AND l.feed_id = f.feed_id AND NOT linkhaul.is_probe(l)
                    AND l.state <> 'abandoned')
