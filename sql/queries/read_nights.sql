-- What the runs of each job brought and cost in each of the last 30 nights, up to the newest of all.
WITH recent AS (
    SELECT run_id, project, job, night FROM linkhaul.run
    WHERE night > (SELECT max(night) FROM linkhaul.run) - 30 AND replay_of IS NULL
), brought AS (
    SELECT r.project, r.job, r.night, sum(l.n_rows) AS n_rows, sum(l.n_new) AS n_new, sum(l.n_lost) AS n_lost
    FROM recent AS r
    LEFT JOIN linkhaul.listing AS l ON l.run_id = r.run_id AND l.state <> 'abandoned' AND l.kind <> 'count'
    GROUP BY r.project, r.job, r.night
), paid AS (
    SELECT r.project, r.job, s.period::date AS night, sum(s.settled_nanousd + s.unknown_nanousd) AS nanousd
    FROM recent AS r
    JOIN linkhaul.spend AS s ON s.scope = 'run:' || r.run_id
    GROUP BY r.project, r.job, s.period
)
SELECT project, job, night, coalesce(n_rows, 0)::bigint, coalesce(n_new, 0)::bigint,
       coalesce(n_lost, 0)::bigint, coalesce(nanousd, 0)::bigint
FROM brought FULL JOIN paid USING (project, job, night)
ORDER BY project, job, night
