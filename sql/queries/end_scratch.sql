-- Takes repeats out of what was loaded beside, where they were taken out of the original; gives how
-- many. $1 schema, $2 run
SELECT coalesce(sum(t.n_repeats), 0)::bigint
FROM linkhaul.listing AS l,
LATERAL linkhaul.take_out_repeats(l.listing_id, $1) AS t
WHERE l.run_id = $2::bigint AND l.state IN ('published', 'held')
