-- The listings of a run, those that only counted apart, in their order: $1 run
SELECT l.listing_id, f.target, l.state = 'published', coalesce(l.completeness, ''), l.request
FROM linkhaul.listing AS l
JOIN linkhaul.feed AS f USING (feed_id)
WHERE l.run_id = $1::bigint AND l.kind = 'full'
ORDER BY l.listing_id
