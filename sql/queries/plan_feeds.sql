-- What is known of a job's feeds, a row for each key in their order. $1 project, $2 job, $3 timezone,
-- $4 how old a run may be that is gone on with, in milliseconds, $5 account, $6 table, $7 keys,
-- $8 the job's former names
WITH gone_on AS (
    -- As a start finds it: not too old, the account's, and tonight's or with something left to do;
    -- one of a former name becomes the job's, unless there is one already.
    SELECT r.run_id,
           coalesce(s.reserved_nanousd + s.settled_nanousd + s.unknown_nanousd, 0) AS nanousd
    FROM linkhaul.run AS r
    LEFT JOIN linkhaul.spend AS s
           ON s.scope = 'run:' || r.run_id
          AND s.period = to_char(now() AT TIME ZONE $3, 'YYYY-MM-DD')
    WHERE r.project = $1 AND r.job = ANY ($8::text[] || $2::text) AND r.state = 'open'
      AND r.started_at > now() - $4::bigint * interval '1 millisecond' AND r.account = $5
      AND (r.budget_night >= (now() AT TIME ZONE $3)::date
           OR EXISTS (SELECT FROM linkhaul.listing AS l
                      WHERE l.run_id = r.run_id AND l.state = 'open'))
    ORDER BY r.job = $2 DESC
    LIMIT 1
), account AS MATERIALIZED (
    SELECT avg(elapsed_ms)::bigint AS call_ms,
           (sum(body_bytes) / nullif(sum(n_items), 0))::bigint AS body_bytes
    FROM (SELECT a.elapsed_ms, a.body_bytes, a.n_items
          FROM linkhaul.attempt AS a JOIN linkhaul.run AS r USING (run_id)
          WHERE r.account = $5 AND r.replay_of IS NULL AND a.is_page AND a.n_items > 0
          ORDER BY a.reserved_at DESC
          LIMIT 500) AS recent
), facts AS MATERIALIZED (
    -- A partition of a few pages says nothing about a row.
    SELECT (sum(pg_total_relation_size(c.oid)) / nullif(sum(c.reltuples), 0))::bigint AS row_bytes
    FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = to_regclass(format('linkhaul.%I', $6::text)) AND c.reltuples >= 1000
)
SELECT coalesce(g.run_id, 0), coalesce(g.nanousd, 0), coalesce(told.total_count, -1),
       coalesce(tonight.state = 'open', false), coalesce(tonight.state <> 'open', false),
       coalesce(part.page_limit, 0), coalesce(tonight.max_rows, 0), coalesce(part.covered, 0),
       coalesce(own.call_ms, account.call_ms, -1), coalesce(own.body_bytes, account.body_bytes, -1),
       coalesce(facts.row_bytes, -1), coalesce(told.kind = 'count', false)
FROM unnest($7::uuid[]) WITH ORDINALITY AS k (key, n)
CROSS JOIN account
CROSS JOIN facts
LEFT JOIN linkhaul.feed AS f USING (key)
LEFT JOIN gone_on AS g ON true
LEFT JOIN linkhaul.listing AS tonight
       ON tonight.feed_id = f.feed_id AND tonight.run_id = g.run_id
      AND tonight.state <> 'abandoned' AND tonight.kind = 'full'
LEFT JOIN LATERAL (
    SELECT max(s.page_limit) AS page_limit,
           sum(CASE WHEN s.is_ended THEN coalesce(s.total_count, 0)
                    WHEN s.walk = 'chain' THEN s.position
                    ELSE (SELECT count(*) FROM linkhaul.attempt AS a
                          WHERE a.listing_id = s.listing_id AND a.slice_no = s.slice_no
                            AND a.is_page) * s.page_limit END)::bigint AS covered
    FROM linkhaul.slice AS s
    WHERE s.listing_id = tonight.listing_id
) AS part ON true
LEFT JOIN LATERAL (
    SELECT t.total_count, l.kind
    FROM linkhaul.listing AS l
    CROSS JOIN LATERAL (SELECT coalesce(greatest(sum(s.total_count)::bigint, l.whole_count),
                                            l.total_count) AS total_count
                        FROM linkhaul.slice AS s
                        WHERE s.listing_id = l.listing_id) AS t
    WHERE l.feed_id = f.feed_id AND l.replay_of IS NULL AND t.total_count IS NOT NULL
      AND l.kind IN ('full', 'count')
    ORDER BY l.listing_id DESC
    LIMIT 1
) AS told ON true
LEFT JOIN LATERAL (
    SELECT avg(elapsed_ms)::bigint AS call_ms,
           (sum(body_bytes) / nullif(sum(n_items), 0))::bigint AS body_bytes
    FROM (SELECT a.elapsed_ms, a.body_bytes, a.n_items
          FROM linkhaul.attempt AS a
          WHERE a.is_page AND a.n_items > 0
            AND a.listing_id IN (SELECT listing_id FROM linkhaul.listing AS l
                                 WHERE l.feed_id = f.feed_id AND l.replay_of IS NULL
                                 ORDER BY listing_id DESC LIMIT 3)
          ORDER BY a.reserved_at DESC
          LIMIT 200) AS recent
) AS own ON true
ORDER BY k.n
