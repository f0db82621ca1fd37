-- What counts against the caps of a day and a month. $1 scopes, $2 the time zone whose today it is
SELECT coalesce(sum(s.nanousd) FILTER (WHERE s.period = t.day), 0)::bigint,
       coalesce(sum(s.nanousd) FILTER (WHERE s.period = t.month), 0)::bigint
FROM unnest($1::text[]) WITH ORDINALITY AS a (scope, n)
CROSS JOIN (SELECT to_char(now() AT TIME ZONE $2, 'YYYY-MM-DD') AS day,
                   to_char(now() AT TIME ZONE $2, 'YYYY-MM') AS month) AS t
LEFT JOIN (SELECT scope, period,
                  reserved_nanousd + settled_nanousd + unknown_nanousd AS nanousd
           FROM linkhaul.spend) AS s
       ON s.scope = a.scope AND s.period IN (t.day, t.month)
GROUP BY a.n
ORDER BY a.n
