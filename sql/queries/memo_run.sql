-- What the spool keeps of the open run, so that it can come back where a fail-over has lost it: the
-- rows of the run, and of its feeds, listings and slices. $1 project, $2 job
SELECT json_build_object(
    'install', (SELECT uid FROM linkhaul.install),
    'run', to_json(r),
    'feeds', (SELECT coalesce(json_agg(f ORDER BY f.feed_id), '[]') FROM linkhaul.feed AS f
              WHERE f.feed_id IN (SELECT feed_id FROM linkhaul.listing WHERE run_id = r.run_id)),
    'listings', (SELECT coalesce(json_agg(l ORDER BY l.listing_id), '[]')
                 FROM linkhaul.listing AS l WHERE l.run_id = r.run_id),
    'slices', (SELECT coalesce(json_agg(s ORDER BY s.listing_id, s.slice_no), '[]')
               FROM linkhaul.slice AS s JOIN linkhaul.listing AS l USING (listing_id)
               WHERE l.run_id = r.run_id
                 -- One that goes on behind a broken chain is made anew, when that breaks anew.
                 AND (s.slice_no = 0
                      OR NOT EXISTS (SELECT FROM linkhaul.slice AS first
                                     WHERE first.listing_id = s.listing_id AND first.slice_no = 0
                                       AND first.walk = 'chain'))))
FROM linkhaul.run AS r
WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
