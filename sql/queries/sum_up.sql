-- $1 run, $2 one of its listings or NULL for all: what came of them and what they cost, over all the
-- run's starts. Dollars are the most they can be: of calls that wait or are unknown, what is reserved.
SELECT count(*), count(*) FILTER (WHERE l.state = 'published'),
       coalesce(sum(l.n_items) FILTER (WHERE l.kind <> 'count'), 0)::bigint,
       coalesce(sum(l.n_rows) FILTER (WHERE l.kind <> 'count'), 0)::bigint,
       coalesce(sum(l.n_duplicates), 0)::bigint,
       coalesce(sum(l.n_missing) FILTER (WHERE l.kind <> 'count'), 0)::bigint,
       coalesce(sum(l.n_new), 0)::bigint, coalesce(sum(l.n_lost), 0)::bigint,
       coalesce(sum(calls.n), 0)::bigint, coalesce(sum(calls.nanousd), 0)::bigint
FROM linkhaul.listing AS l
CROSS JOIN LATERAL (
    SELECT count(*) AS n,
           sum(CASE WHEN a.state IN ('settled', 'undelivered') THEN a.charged_nanousd
                    WHEN a.state IN ('reserved', 'unknown') THEN a.reserved_nanousd END) AS nanousd
    FROM linkhaul.attempt AS a
    WHERE a.listing_id = l.listing_id AND (a.state <> 'void' OR a.http_status IS NOT NULL)
) AS calls
WHERE l.run_id = $1::bigint AND ($2::bigint IS NULL OR l.listing_id = $2::bigint)
