-- Of accounts: what each has left, when it told, what a night of it costs, and charges without an answer:
-- unknown ones, and those of the last seven days that were billed. A night is that of a run, and
-- only those before today count, where there are any, since tonight's is not over; the last
-- fourteen with calls. $1 names, $2 their time zones
SELECT a.name, b.left_nanousd, extract(epoch FROM b.asked_at)::bigint, nights.mean_nanousd,
       coalesce(odd.n_unknown, 0), coalesce(odd.unknown_nanousd, 0),
       coalesce(odd.n_undelivered, 0), coalesce(odd.undelivered_nanousd, 0)
FROM unnest($1::text[], $2::text[]) AS a (name, timezone)
LEFT JOIN linkhaul.balance AS b ON b.account = a.name
LEFT JOIN LATERAL (
    SELECT (avg(last.nanousd) FILTER (WHERE last.nth <= 14))::bigint AS mean_nanousd
    FROM (SELECT n.nanousd, row_number() OVER (ORDER BY n.night DESC) AS nth
          FROM (SELECT s.period AS night,
                       sum(s.settled_nanousd + s.unknown_nanousd + s.reserved_nanousd) AS nanousd,
                       s.period < to_char(now() AT TIME ZONE a.timezone, 'YYYY-MM-DD') AS is_over,
                       bool_or(s.period < to_char(now() AT TIME ZONE a.timezone, 'YYYY-MM-DD'))
                           OVER () AS is_any_over
                FROM linkhaul.run AS r
                JOIN linkhaul.spend AS s ON s.scope = 'run:' || r.run_id
                WHERE r.account = a.name AND r.started_at > now() - interval '60 days'
                GROUP BY s.period) AS n
          WHERE n.nanousd > 0 AND (n.is_over OR NOT n.is_any_over)) AS last
) AS nights ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE c.state = 'unknown') AS n_unknown,
           sum(c.reserved_nanousd) FILTER (WHERE c.state = 'unknown') AS unknown_nanousd,
           count(*) FILTER (WHERE c.state = 'undelivered') AS n_undelivered,
           sum(c.charged_nanousd) FILTER (WHERE c.state = 'undelivered') AS undelivered_nanousd
    FROM linkhaul.attempt AS c
    JOIN linkhaul.run AS r USING (run_id)
    WHERE r.account = a.name
      AND (c.state = 'unknown'
           OR (c.state = 'undelivered' AND c.booked_at > now() - interval '7 days'))
) AS odd ON true
