-- Caps of a day or month, and what counts against each now. $1 scopes, $2 whose days count, by scope
SELECT c.scope, c.per, c.nanousd,
       coalesce(s.reserved_nanousd + s.settled_nanousd + s.unknown_nanousd, 0)
FROM unnest($1::text[], $2::text[]) AS a (scope, timezone)
JOIN linkhaul.cap AS c USING (scope)
LEFT JOIN linkhaul.spend AS s
       ON s.scope = c.scope
      AND s.period = to_char(now() AT TIME ZONE a.timezone,
                             CASE c.per WHEN 'day' THEN 'YYYY-MM-DD' ELSE 'YYYY-MM' END)
WHERE c.per IN ('day', 'month')
ORDER BY array_position($1::text[], c.scope), c.per
