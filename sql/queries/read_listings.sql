-- The open listings of the open run, each with what the feed's listing of its kind before it was told:
-- $1 project, $2 job, $3 count, for what is only to be counted, else full: all of them
SELECT l.listing_id, l.feed_id, f.target, l.request, l.max_rows,
       coalesce(before.total_count, -1), coalesce(l.whole_count, -1), l.kind, coalesce(l.why, ''),
       coalesce(extract(epoch FROM l.range_to)::bigint, 0)
FROM linkhaul.run AS r
JOIN linkhaul.listing AS l ON l.run_id = r.run_id AND l.state = 'open'
                              AND ($3 = 'full' OR linkhaul.is_probe(l))
JOIN linkhaul.feed AS f ON f.feed_id = l.feed_id
LEFT JOIN LATERAL (
    SELECT b.total_count
    FROM linkhaul.listing AS b
    WHERE b.feed_id = l.feed_id AND b.listing_id < l.listing_id AND b.total_count IS NOT NULL
      AND b.replay_of IS NULL
      AND (b.kind = l.kind OR (l.kind = 'full' AND b.kind = 'count'))
    ORDER BY b.listing_id DESC
    LIMIT 1
) AS before ON true
WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
ORDER BY l.listing_id
