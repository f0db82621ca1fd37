-- What the runs of each job brought and cost in each of the last 30 nights, up to the newest of all.
WITH recent AS (
    SELECT run_id, project, job, night FROM linkhaul.run
    WHERE night > (SELECT max(night) FROM linkhaul.run) - 30 AND replay_of IS NULL
), brought AS (
    SELECT r.project, r.job, r.night, sum(l.n_rows) AS n_rows, sum(l.n_new) AS n_new, sum(l.n_lost) AS n_lost
    FROM recent AS r
    CROSS JOIN LATERAL (
        SELECT sum(n_rows) AS n_rows, sum(n_new) AS n_new, sum(n_lost) AS n_lost
        FROM linkhaul.listing
        WHERE run_id = r.run_id AND state <> 'abandoned' AND kind <> 'count'
    ) AS l
    GROUP BY r.project, r.job, r.night
), paid AS (
    SELECT r.project, r.job, s.period::date AS night, sum(s.nanousd) AS nanousd
    FROM recent AS r
    CROSS JOIN LATERAL (
        SELECT period, settled_nanousd + unknown_nanousd AS nanousd
        FROM linkhaul.spend
        WHERE scope = 'run:' || r.run_id
    ) AS s
    GROUP BY r.project, r.job, s.period
)
SELECT project, job, night, coalesce(n_rows, 0)::bigint, coalesce(n_new, 0)::bigint,
       coalesce(n_lost, 0)::bigint, coalesce(nanousd, 0)::bigint
FROM brought FULL JOIN paid USING (project, job, night)
ORDER BY project, job, night
