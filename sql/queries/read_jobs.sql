-- A row for each job that has run or was to, with its last run and the last start that was not made
-- since. What a run brought is summed over its listings; a feed in which nothing had moved has none, and
-- is done. Replays and runs that only counted (`plan --probe`) are none of a job's own.
-- $1 jobs, as project/job, of which a run that is open is passed over
SELECT j.project, j.job, coalesce(r.run_id, 0), coalesce(r.state, ''), r.night, coalesce(r.account, ''),
       extract(epoch FROM r.started_at)::bigint, extract(epoch FROM r.ended_at)::bigint,
       CASE WHEN r.run_id IS NULL THEN ''
            WHEN r.state = 'open' AND fed.n_error > 0 THEN 'error'
            WHEN r.state = 'open' AND fed.n_budget > 0 THEN 'budget'
            WHEN r.state = 'open' AND r.stop_asked_at IS NOT NULL THEN 'stopped'
            WHEN r.state = 'open' THEN 'open'
            WHEN fed.n_held > 0 THEN 'held'
            WHEN fed.n_abandoned > 0 THEN 'abandoned'
            WHEN fed.n_short > 0 THEN 'short'
            WHEN fed.n_capped > 0 THEN 'capped'
            WHEN fed.n_limited > 0 THEN 'limited'
            WHEN fed.n > 0 THEN 'complete'
            ELSE 'unmoved' END,
       fed.n + moved.n_unmoved, fed.n_done + moved.n_unmoved, fed.n_unended,
       fed.n_items, fed.n_expected, fed.n_rows, fed.n_new, fed.n_lost, fed.n_missing, coalesce(fed.reason, ''),
       coalesce(r.budget_nanousd, 0), coalesce(s.settled_nanousd, 0), coalesce(s.unknown_nanousd, 0),
       coalesce(s.reserved_nanousd, 0), odd.undelivered, calls.n_reserved,
       extract(epoch FROM now() - greatest(r.started_at, calls.last_call))::bigint,
       extract(epoch FROM m.scheduled_at)::bigint, coalesce(m.starts, 0), coalesce(m.reason, ''), m.night
FROM (
    SELECT project, job FROM linkhaul.feed UNION SELECT project, job FROM linkhaul.missed_start
) AS j
LEFT JOIN LATERAL (
    SELECT * FROM linkhaul.run AS one
    WHERE one.project = j.project AND one.job = j.job AND one.replay_of IS NULL
      AND (one.state = 'done' OR j.project || '/' || j.job <> ALL ($1::text[]))
      AND coalesce((SELECT bool_or(l.kind <> 'count') FROM linkhaul.listing AS l
                    WHERE l.run_id = one.run_id), true)
    ORDER BY one.run_id DESC
    LIMIT 1
) AS r ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS n, count(*) FILTER (WHERE is_done) AS n_done,
           count(*) FILTER (WHERE 'error' = ANY (ends)) AS n_error,
           count(*) FILTER (WHERE 'budget' = ANY (ends)) AS n_budget,
           count(*) FILTER (WHERE 'short' = ANY (ends)) AS n_short,
           count(*) FILTER (WHERE 'capped' = ANY (ends)) AS n_capped,
           count(*) FILTER (WHERE 'limited' = ANY (ends)) AS n_limited,
           count(*) FILTER (WHERE is_held) AS n_held,
           count(*) FILTER (WHERE is_abandoned) AS n_abandoned,
           count(*) FILTER (WHERE is_unended) AS n_unended,
           coalesce(sum(n_items), 0)::bigint AS n_items,
           CASE WHEN bool_or(n_expected IS NULL) THEN -1 ELSE coalesce(sum(n_expected), 0)::bigint END AS n_expected,
           coalesce(sum(n_rows), 0)::bigint AS n_rows, coalesce(sum(n_new), 0)::bigint AS n_new,
           coalesce(sum(n_lost), 0)::bigint AS n_lost, coalesce(sum(n_missing), 0)::bigint AS n_missing,
           min(reason) FILTER (WHERE reason <> '') AS reason
    FROM (
        SELECT bool_and(l.state = 'published') AS is_done, bool_or(l.state = 'held') AS is_held,
               bool_and(l.state = 'abandoned') AS is_abandoned,
               bool_or(l.state = 'open' AND l.completeness IS NULL) AS is_unended,
               array_agg(l.completeness) AS ends,
               max(l.reason) FILTER (WHERE l.state <> 'published') AS reason,
               sum(l.n_items) FILTER (WHERE l.kind <> 'count') AS n_items,
               CASE WHEN bool_and(told.n_items IS NOT NULL OR l.state <> 'open' OR l.kind = 'count')
                    THEN sum(CASE WHEN l.state = 'open' THEN greatest(least(told.n_items, l.max_rows), l.n_items)
                                  ELSE l.n_items END) FILTER (WHERE l.kind <> 'count') END AS n_expected,
               sum(l.n_rows) FILTER (WHERE l.kind <> 'count') AS n_rows,
               sum(l.n_new) FILTER (WHERE l.kind <> 'count') AS n_new,
               sum(l.n_lost) FILTER (WHERE l.kind <> 'count') AS n_lost,
               sum(l.n_missing) FILTER (WHERE l.kind = 'full') AS n_missing
        FROM linkhaul.listing AS l
        LEFT JOIN LATERAL (
            SELECT greatest(sum(s.total_count)::bigint, l.whole_count, l.total_count) AS n_items
            FROM linkhaul.slice AS s
            WHERE s.listing_id = l.listing_id AND l.state = 'open'
        ) AS told ON true
        WHERE l.run_id = r.run_id
          AND (l.state <> 'abandoned'
               OR NOT EXISTS (SELECT FROM linkhaul.listing AS again
                              WHERE again.run_id = l.run_id AND again.feed_id = l.feed_id
                                AND again.state <> 'abandoned'))
        GROUP BY l.feed_id
    ) AS feed
) AS fed
CROSS JOIN LATERAL (
    SELECT count(*) AS n_unmoved
    FROM linkhaul.feed AS f
    WHERE f.project = j.project AND f.job = j.job AND f.synced_run_id = r.run_id
      AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                      WHERE l.run_id = r.run_id AND l.feed_id = f.feed_id)
) AS moved
LEFT JOIN linkhaul.spend AS s
       ON s.scope = 'run:' || r.run_id AND s.period = to_char(r.budget_night, 'YYYY-MM-DD')
CROSS JOIN LATERAL (
    SELECT coalesce(sum(a.charged_nanousd), 0)::bigint AS undelivered
    FROM linkhaul.attempt AS a
    WHERE a.run_id = r.run_id AND a.state = 'undelivered'
) AS odd
CROSS JOIN LATERAL (
    SELECT count(*) FILTER (WHERE a.state = 'reserved') AS n_reserved,
           max(greatest(a.reserved_at, a.booked_at)) AS last_call
    FROM linkhaul.attempt AS a
    WHERE a.run_id = r.run_id AND r.state = 'open'
) AS calls
LEFT JOIN LATERAL (
    SELECT * FROM linkhaul.missed_start AS one
    WHERE one.project = j.project AND one.job = j.job
      AND (r.run_id IS NULL OR one.scheduled_at > greatest(r.started_at, r.scheduled_at))
    ORDER BY one.scheduled_at DESC, one.missed_id DESC
    LIMIT 1
) AS m ON true
ORDER BY j.project, j.job
