-- What accounts have left, and what was spent of their caps. A night of an account is one with calls
-- of it; the mean is over the last 14 with no call under way. $1 their names, $2 their time zones
SELECT a.name, b.left_nanousd, extract(epoch FROM b.asked_at)::bigint,
       own.today, own.month, every.today, every.month, coalesce(nights.mean, 0), nights.n
FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS a (name, timezone, place)
LEFT JOIN linkhaul.balance AS b ON b.account = a.name
CROSS JOIN LATERAL (
    SELECT to_char(now() AT TIME ZONE a.timezone, 'YYYY-MM-DD') AS day,
           to_char(now() AT TIME ZONE a.timezone, 'YYYY-MM') AS month
) AS at
CROSS JOIN LATERAL (
    SELECT coalesce(sum(nanousd) FILTER (WHERE period = at.day), 0)::bigint AS today,
           coalesce(sum(nanousd) FILTER (WHERE period = at.month), 0)::bigint AS month
    FROM linkhaul.spend AS s, LATERAL (SELECT reserved_nanousd + settled_nanousd + unknown_nanousd) AS all_of (nanousd)
    WHERE scope = 'account:' || a.name AND period IN (at.day, at.month)
) AS own
CROSS JOIN LATERAL (
    SELECT coalesce(sum(nanousd) FILTER (WHERE period = at.day), 0)::bigint AS today,
           coalesce(sum(nanousd) FILTER (WHERE period = at.month), 0)::bigint AS month
    FROM linkhaul.spend AS s, LATERAL (SELECT reserved_nanousd + settled_nanousd + unknown_nanousd) AS all_of (nanousd)
    WHERE scope = 'all' AND period IN (at.day, at.month)
) AS every
CROSS JOIN LATERAL (
    SELECT avg(nanousd)::bigint AS mean, count(*) AS n
    FROM (
        SELECT sum(s.settled_nanousd + s.unknown_nanousd) AS nanousd
        FROM linkhaul.run AS r
        JOIN linkhaul.spend AS s ON s.scope = 'run:' || r.run_id
        WHERE r.account = a.name
        GROUP BY s.period
        HAVING sum(s.reserved_nanousd) = 0 AND sum(s.settled_nanousd + s.unknown_nanousd) > 0
        ORDER BY s.period DESC
        LIMIT 14
    ) AS night
) AS nights
ORDER BY a.place
