-- The pages that are in, of those slices that are walked by offset, in the slices' order. (A chain
-- needs none: its position says it all.) $1 project, $2 job, $3 as in
-- read_listings.sql
SELECT a.listing_id, a.slice_no, a.position, a.n_items
FROM linkhaul.run AS r
JOIN linkhaul.listing AS l ON l.run_id = r.run_id AND l.state = 'open'
                              AND ($3 = 'full' OR linkhaul.is_probe(l))
JOIN linkhaul.slice AS s ON s.listing_id = l.listing_id AND s.walk = 'offset'
JOIN linkhaul.attempt AS a ON a.listing_id = s.listing_id AND a.slice_no = s.slice_no
WHERE r.project = $1 AND r.job = $2 AND r.state = 'open' AND a.is_page
ORDER BY a.listing_id, a.slice_no, a.position
