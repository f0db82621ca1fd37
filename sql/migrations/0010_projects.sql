-- Caps of a project: one more level beside that of an account. Jobs that are for none, those of
-- project default, have no sums of it.

-- The sums that an attempt is part of, always in this order, so that two transactions that change
-- several of them never wait for each other in a circle.
CREATE OR REPLACE FUNCTION linkhaul.spend_places(a linkhaul.attempt)
    RETURNS TABLE (place integer, scope text, period text)
    LANGUAGE sql STABLE AS
$$
    SELECT p.*
    FROM linkhaul.run AS r, LATERAL (VALUES
        (1, 'all', to_char(a.day, 'YYYY-MM')),
        (2, 'all', to_char(a.day, 'YYYY-MM-DD')),
        (3, 'account:' || r.account, to_char(a.day, 'YYYY-MM')),
        (4, 'account:' || r.account, to_char(a.day, 'YYYY-MM-DD')),
        (5, 'project:' || r.project, to_char(a.day, 'YYYY-MM')),
        (6, 'project:' || r.project, to_char(a.day, 'YYYY-MM-DD')),
        (7, 'job:' || r.project || '/' || r.job, to_char(a.day, 'YYYY-MM')),
        (8, 'job:' || r.project || '/' || r.job, to_char(a.day, 'YYYY-MM-DD')),
        (9, 'run:' || r.run_id, to_char(a.night, 'YYYY-MM-DD'))) AS p (place, scope, period)
    WHERE r.run_id = a.run_id AND p.scope <> 'project:default'
    ORDER BY place
$$;

-- "$3.00 per run (budget of job walk)", or null where no cap applies to the sum of this place.
CREATE OR REPLACE FUNCTION linkhaul.cap_at(r linkhaul.run, place_scope text, place_period text,
                                           OUT cap_nanousd bigint, OUT whose text)
    LANGUAGE sql STABLE AS
$$
    SELECT c.nanousd,
           format('%s per %s (budget of %s)', linkhaul.dollars(c.nanousd), c.per,
                  CASE WHEN c.scope = 'all' THEN 'the configuration'
                       WHEN c.scope LIKE 'account:%' THEN 'account ' || r.account
                       WHEN c.scope LIKE 'project:%' THEN 'project ' || r.project
                       WHEN r.project = 'default' THEN 'job ' || r.job
                       ELSE 'job ' || r.project || '/' || r.job END)
    FROM linkhaul.cap AS c
    WHERE CASE WHEN place_scope LIKE 'run:%'
               THEN c.per = 'run' AND c.scope IN ('all', 'account:' || r.account,
                                                  'project:' || r.project,
                                                  'job:' || r.project || '/' || r.job)
               ELSE c.scope = place_scope
                    AND c.per = CASE length(place_period) WHEN 7 THEN 'month' ELSE 'day' END END
    ORDER BY c.nanousd, c.scope DESC
    LIMIT 1
$$;

COMMENT ON COLUMN linkhaul.cap.scope IS 'Whose: all, account:<name>, project:<name>, job:<project>/<job>';
COMMENT ON COLUMN linkhaul.spend.scope IS 'Whose money: all, account:<name>, project:<name>, job:<project>/<job>, run:<run_id>';

-- The new sums, over what the ledger holds already.
INSERT INTO linkhaul.spend (scope, period, reserved_nanousd, settled_nanousd, unknown_nanousd)
SELECT p.scope, p.period, sum(s.reserved), sum(s.settled), sum(s.unknown)
FROM linkhaul.attempt AS a, LATERAL linkhaul.spend_places(a) AS p, LATERAL linkhaul.spend_of(a) AS s
WHERE p.scope LIKE 'project:%'
GROUP BY p.scope, p.period;
