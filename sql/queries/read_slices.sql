-- The slices of those listings, in their order, their ranges in seconds since 1970: $1 project,
-- $2 job, $3 as in read_listings.sql
SELECT s.listing_id, s.slice_no, s.page_limit, s.order_by, extract(epoch FROM s.range_from)::bigint,
       extract(epoch FROM s.range_to)::bigint, s.walk, s.position, s.token,
       coalesce(s.total_count, -1), s.is_ended
FROM linkhaul.run AS r
JOIN linkhaul.listing AS l ON l.run_id = r.run_id AND l.state = 'open'
                              AND ($3 = 'full' OR linkhaul.is_probe(l))
JOIN linkhaul.slice AS s ON s.listing_id = l.listing_id
WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
ORDER BY s.listing_id, s.slice_no
