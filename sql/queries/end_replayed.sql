-- Behind a listing's publishing, in its transaction: the run ends (anew). Whether analysts see the
-- listing, or a newer one of its feed. $1 listing
UPDATE linkhaul.run AS r
SET ended_at = clock_timestamp()
FROM linkhaul.listing AS l
JOIN linkhaul.feed AS f USING (feed_id)
WHERE l.listing_id = $1::bigint AND r.run_id = l.run_id
RETURNING coalesce(f.published_listing_id = l.listing_id, false)
