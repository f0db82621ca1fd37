-- Publishes what a guard held back. $1 run. The last column: a newer listing of the feed is
-- published, and stays what analysts see.
SELECT l.listing_id, f.target, p.n_rows, p.completeness,
       shown.listing_id IS NOT NULL AND linkhaul.is_newer(shown, l)
FROM linkhaul.listing AS l
JOIN linkhaul.feed AS f USING (feed_id)
LEFT JOIN linkhaul.listing AS shown ON shown.listing_id = f.published_listing_id,
LATERAL linkhaul.publish(l.listing_id, l.completeness, 1000000, 0, true) AS p
WHERE l.run_id = $1::bigint AND l.state = 'held'
ORDER BY l.listing_id
