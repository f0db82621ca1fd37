-- The night of a listing may be so old that its partition has gone: $1 listing
SELECT linkhaul.make_partitions(f.facts, l.night)
FROM linkhaul.listing AS l
JOIN linkhaul.feed AS f USING (feed_id)
WHERE l.listing_id = $1::bigint
