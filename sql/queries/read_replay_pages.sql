-- The calls whose pages are in, in the order of the listings and, within one, of their items: $1 run
SELECT a.listing_id, a.attempt_id, a.slice_no, a.position
FROM linkhaul.listing AS l
JOIN linkhaul.attempt AS a USING (listing_id)
WHERE l.run_id = $1::bigint AND l.kind = 'full' AND a.is_page
ORDER BY a.listing_id, a.slice_no, a.position, a.attempt_id
