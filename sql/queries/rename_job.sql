-- A job has another name now: its feeds, runs and sums of money go on under that one. Not while two
-- of its names have an open run: then the one of the new name goes on, and a later start renames.
-- $1 project, $2 job, $3 its former names
WITH former AS (
    SELECT name, 'job:' || $1 || '/' || name AS scope
    FROM unnest($3::text[]) AS name
    WHERE (SELECT count(*) < 2 FROM linkhaul.run
           WHERE project = $1 AND job = ANY ($3::text[] || $2::text) AND state = 'open')
), feeds AS (
    UPDATE linkhaul.feed SET job = $2
    FROM former
    WHERE project = $1 AND job = former.name
), runs AS (
    UPDATE linkhaul.run SET job = $2
    FROM former
    WHERE project = $1 AND job = former.name
), caps AS (
    DELETE FROM linkhaul.cap AS c USING former WHERE c.scope = former.scope
), sums AS (
    DELETE FROM linkhaul.spend AS s USING former WHERE s.scope = former.scope
    RETURNING s.period, s.reserved_nanousd, s.settled_nanousd, s.unknown_nanousd
)
INSERT INTO linkhaul.spend AS s (scope, period, reserved_nanousd, settled_nanousd, unknown_nanousd)
SELECT 'job:' || $1 || '/' || $2, period, sum(reserved_nanousd)::bigint,
       sum(settled_nanousd)::bigint, sum(unknown_nanousd)::bigint
FROM sums
GROUP BY period
ORDER BY period
ON CONFLICT (scope, period) DO UPDATE
SET reserved_nanousd = s.reserved_nanousd + excluded.reserved_nanousd,
    settled_nanousd = s.settled_nanousd + excluded.settled_nanousd,
    unknown_nanousd = s.unknown_nanousd + excluded.unknown_nanousd
