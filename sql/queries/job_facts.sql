-- Of jobs: when the last run ended that took everything, when linkhaul had to do with the job at
-- first, in seconds since 1970, and how many of its listings are held. $1 projects, $2 names
SELECT a.project, a.job, extract(epoch FROM good.ended_at)::bigint,
       extract(epoch FROM least(
           (SELECT min(r.started_at) FROM linkhaul.run AS r
            WHERE r.project = a.project AND r.job = a.job),
           (SELECT min(m.recorded_at) FROM linkhaul.missed_start AS m
            WHERE m.project = a.project AND m.job = a.job)))::bigint,
       coalesce(held.n, 0)
FROM unnest($1::text[], $2::text[]) AS a (project, job)
LEFT JOIN LATERAL (
    SELECT r.ended_at
    FROM linkhaul.run AS r
    WHERE r.project = a.project AND r.job = a.job AND r.state = 'done' AND r.replay_of IS NULL
      AND NOT EXISTS (SELECT FROM linkhaul.listing AS l
                      WHERE l.run_id = r.run_id AND l.state <> 'published')
    ORDER BY r.run_id DESC
    LIMIT 1
) AS good ON true
LEFT JOIN (
    SELECT f.project, f.job, count(*) AS n
    FROM linkhaul.listing AS l
    JOIN linkhaul.feed AS f USING (feed_id)
    WHERE l.state = 'held'
    GROUP BY f.project, f.job
) AS held ON held.project = a.project AND held.job = a.job
