-- A line per feed, with its last run: all of it, what changed, or nothing (a count at most) where nothing
-- had moved. Of changes it tells the sums, and of their listings the first that is not published. The jobs
-- of the bulk calls are nobody's: of them only what is not well.
SELECT f.job, f.project, f.target, f.endpoint, coalesce(r.run_id, 0), r.state, r.night,
       greatest(shown.night, f.synced_night), coalesce(l.state, CASE WHEN at.is_unmoved THEN 'published' END),
       coalesce(l.completeness, CASE WHEN at.is_unmoved THEN 'complete' END),
       coalesce(l.reason, CASE WHEN at.is_unmoved THEN '' END),
       to_char(coalesce(l.published_at, CASE WHEN at.is_unmoved THEN r.ended_at END)
               AT TIME ZONE r.timezone, 'YYYY-MM-DD HH24:MI ') || r.timezone,
       CASE l.kind WHEN 'full' THEN l.n_items ELSE coalesce(sums.n_items, 0) END,
       CASE l.kind WHEN 'full' THEN l.n_rows ELSE coalesce(sums.n_rows, 0) END,
       coalesce(l.n_duplicates, 0), coalesce(l.n_missing, 0),
       coalesce(l.total_count, told.total_count, -1), money.settled, money.undelivered,
       money.unknown, money.reserved, coalesce(l.max_rows, 0), coalesce(r.account, ''),
       coalesce(sums.n_new, 0), coalesce(sums.n_lost, 0),
       CASE WHEN at.is_unmoved THEN 'unmoved' WHEN l.kind = 'full' OR l.kind IS NULL THEN 'full'
            ELSE 'changes' END
FROM linkhaul.feed AS f
LEFT JOIN LATERAL (
    SELECT last.*, coalesce(original.run_id, last.run_id) AS place
    FROM linkhaul.listing AS last
    LEFT JOIN linkhaul.listing AS original ON original.listing_id = last.replay_of
    WHERE last.feed_id = f.feed_id AND (last.kind <> 'count' OR NOT linkhaul.is_probe(last))
    ORDER BY coalesce(original.run_id, last.run_id) DESC, last.kind = 'full' DESC,
             coalesce(last.replay_of, last.listing_id) DESC, last.listing_id DESC
    LIMIT 1
) AS newest ON true
LEFT JOIN LATERAL (
    SELECT coalesce(f.synced_run_id > newest.place
                    OR (f.synced_run_id = newest.place
                        AND NOT EXISTS (SELECT FROM linkhaul.listing AS more
                                        WHERE more.run_id = newest.place AND more.feed_id = f.feed_id
                                          AND more.kind <> 'count')), false) AS is_unmoved
) AS at ON true
LEFT JOIN LATERAL (
    SELECT * FROM linkhaul.listing AS one
    WHERE one.feed_id = f.feed_id AND one.run_id = newest.run_id AND NOT at.is_unmoved
      AND (one.listing_id = newest.listing_id OR newest.kind <> 'full')
    ORDER BY one.state = 'published', one.kind = 'count', one.listing_id
    LIMIT 1
) AS l ON true
LEFT JOIN linkhaul.run AS r
       ON r.run_id = CASE WHEN at.is_unmoved THEN f.synced_run_id ELSE l.run_id END
LEFT JOIN linkhaul.listing AS shown ON shown.listing_id = f.published_listing_id
LEFT JOIN LATERAL (
    SELECT sum(of_run.n_items)::bigint AS n_items, sum(of_run.n_rows)::bigint AS n_rows,
           sum(of_run.n_new)::bigint AS n_new, sum(of_run.n_lost)::bigint AS n_lost
    FROM linkhaul.listing AS of_run
    WHERE of_run.feed_id = f.feed_id AND of_run.run_id = l.run_id AND of_run.kind <> 'count'
) AS sums ON true
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
    JOIN linkhaul.listing AS paid USING (listing_id)
    WHERE paid.feed_id = f.feed_id AND paid.run_id = r.run_id
) AS money ON true
WHERE f.job NOT LIKE 'bulk:%' OR l.state <> 'published'
ORDER BY f.project, f.job, f.target, f.feed_id
