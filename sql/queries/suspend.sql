-- $1 listing, $2 completeness, $3 reason: why it could not end; it stays open. What its slices were
-- told goes along, for whoever looks.
UPDATE linkhaul.listing
SET completeness = $2, reason = left($3, 1000),
    total_count = greatest(whole_count, (SELECT sum(s.total_count) FROM linkhaul.slice AS s
                                        WHERE s.listing_id = $1::bigint))
WHERE listing_id = $1::bigint AND state = 'open'
