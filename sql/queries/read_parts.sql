-- How the items of each of those listings' feeds were distributed when its last published listing
-- that was cut was walked: where its slices began, in seconds since 1970, null for the first, and
-- what lay from there to the next. Read where the listing has not been cut itself. $1 project,
-- $2 job, $3 kind
SELECT l.listing_id, extract(epoch FROM s.range_from)::bigint, sum(coalesce(s.total_count, 0))
FROM linkhaul.run AS r
JOIN linkhaul.listing AS l ON l.run_id = r.run_id AND l.state = 'open' AND l.kind = 'full' AND $3 = 'full'
JOIN LATERAL (
    SELECT b.listing_id
    FROM linkhaul.listing AS b
    WHERE b.feed_id = l.feed_id AND b.listing_id < l.listing_id AND b.state = 'published'
      AND b.kind = 'full'
      AND EXISTS (SELECT FROM linkhaul.slice AS cut
                  WHERE cut.listing_id = b.listing_id AND cut.range_to IS NOT NULL)
    ORDER BY b.listing_id DESC
    LIMIT 1
) AS before ON true
JOIN linkhaul.slice AS s ON s.listing_id = before.listing_id
WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
  AND NOT EXISTS (SELECT FROM linkhaul.slice AS own
                  WHERE own.listing_id = l.listing_id AND own.slice_no > 0)
GROUP BY l.listing_id, s.range_from
ORDER BY l.listing_id, s.range_from NULLS FIRST
