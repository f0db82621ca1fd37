-- What may be spent from here on. $1 scopes, $2 run, day, month or keep, $3 nano-dollars, 0: none
WITH asked AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::bigint[]) AS a (scope, per, nanousd)
), lifted AS (
    DELETE FROM linkhaul.cap AS c USING asked AS a
    WHERE c.scope = a.scope AND c.per = a.per AND a.nanousd = 0
)
INSERT INTO linkhaul.cap (scope, per, nanousd)
SELECT scope, per, nanousd FROM asked WHERE nanousd > 0
ON CONFLICT (scope, per) DO UPDATE SET nanousd = excluded.nanousd
