-- A line per feed, with its last listing.
SELECT f.job, f.project, f.target, f.endpoint, coalesce(l.run_id, 0), r.state, l.night,
       shown.night, l.state, l.completeness, l.reason,
       to_char(l.published_at AT TIME ZONE r.timezone, 'YYYY-MM-DD HH24:MI ') || r.timezone,
       l.n_items, l.n_rows, l.n_duplicates, l.n_missing,
       coalesce(l.total_count, told.total_count, -1), money.settled, money.undelivered,
       money.unknown, money.reserved, coalesce(l.max_rows, 0), coalesce(r.account, '')
FROM linkhaul.feed AS f
LEFT JOIN LATERAL (
    SELECT * FROM linkhaul.listing AS last
    WHERE last.feed_id = f.feed_id AND last.kind = 'full'
    ORDER BY coalesce(last.replay_of, last.listing_id) DESC, last.listing_id DESC
    LIMIT 1
) AS l ON true
LEFT JOIN linkhaul.run AS r ON r.run_id = l.run_id
LEFT JOIN linkhaul.listing AS shown ON shown.listing_id = f.published_listing_id
LEFT JOIN LATERAL (
    SELECT greatest(sum(total_count)::bigint, l.whole_count) AS total_count
    FROM linkhaul.slice AS s
    WHERE s.listing_id = l.listing_id
) AS told ON true
LEFT JOIN LATERAL (
    SELECT sum(charged_nanousd) FILTER (WHERE a.state = 'settled')::bigint AS settled,
           sum(charged_nanousd) FILTER (WHERE a.state = 'undelivered')::bigint AS undelivered,
           sum(reserved_nanousd) FILTER (WHERE a.state = 'unknown')::bigint AS unknown,
           sum(reserved_nanousd) FILTER (WHERE a.state = 'reserved')::bigint AS reserved
    FROM linkhaul.attempt AS a
    WHERE a.listing_id = l.listing_id
) AS money ON true
ORDER BY f.project, f.job, f.target, f.feed_id
