-- Publishes what a guard held back. $1 run
SELECT l.listing_id, f.target, p.n_rows, p.completeness
FROM linkhaul.listing AS l
JOIN linkhaul.feed AS f USING (feed_id),
LATERAL linkhaul.publish(l.listing_id, l.completeness, 1000000, 0, true) AS p
WHERE l.run_id = $1::bigint AND l.state = 'held'
ORDER BY l.listing_id
