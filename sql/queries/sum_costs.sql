-- The ledger of a month, summed. $1 month (YYYY-MM) or null for this one in the time zone $2, $3 by
-- what: job, endpoint, target, account or label. First the total, in which each call counts once, with the
-- month as its name; then a row each, the dearest first.
WITH asked AS (
    SELECT coalesce($1, to_char(now() AT TIME ZONE $2, 'YYYY-MM')) AS month
), ledger AS (
    SELECT a.n_items, a.state,
           CASE a.state WHEN 'settled' THEN a.charged_nanousd ELSE 0 END AS settled,
           CASE a.state WHEN 'undelivered' THEN a.charged_nanousd ELSE 0 END AS undelivered,
           CASE a.state WHEN 'unknown' THEN a.reserved_nanousd ELSE 0 END AS unknown,
           CASE a.state WHEN 'reserved' THEN a.reserved_nanousd ELSE 0 END AS reserved,
           CASE $3
               WHEN 'job' THEN ARRAY[CASE WHEN r.project <> 'default' THEN r.project || '/' ELSE '' END
                                     || r.job]
               WHEN 'endpoint' THEN ARRAY[r.endpoint]
               WHEN 'target' THEN ARRAY[f.target]
               WHEN 'account' THEN ARRAY[r.account]
               ELSE coalesce(nullif(ARRAY(SELECT key || '=' || value
                                          FROM jsonb_each_text(r.labels)), '{}'), '{""}')
           END AS names
    FROM asked
    JOIN linkhaul.attempt AS a
      ON a.day >= (asked.month || '-01')::date
     AND a.day < (asked.month || '-01')::date + interval '1 month'
    JOIN linkhaul.run AS r ON r.run_id = a.run_id AND r.replay_of IS NULL
    JOIN linkhaul.listing AS l USING (listing_id)
    JOIN linkhaul.feed AS f USING (feed_id)
), named AS (
    SELECT true AS is_total, asked.month AS name, ledger.*
    FROM asked LEFT JOIN ledger ON true
    UNION ALL
    SELECT false, name, ledger.*
    FROM ledger, unnest(ledger.names) AS name
)
SELECT name, count(state), coalesce(sum(n_items), 0)::bigint,
       count(*) FILTER (WHERE state = 'undelivered'), count(*) FILTER (WHERE state = 'unknown'),
       count(*) FILTER (WHERE state = 'reserved'), coalesce(sum(settled), 0)::bigint,
       coalesce(sum(undelivered), 0)::bigint, coalesce(sum(unknown), 0)::bigint,
       coalesce(sum(reserved), 0)::bigint
FROM named
GROUP BY is_total, name
ORDER BY is_total DESC, sum(settled + undelivered + unknown + reserved) DESC, name
