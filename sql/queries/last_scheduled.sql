-- The last scheduled time of a job that a run was started for, or that is recorded as missed, in
-- seconds since 1970; null: there is none. And where a run of it was cut short by the end of the
-- process, the night that it counts in, in days since 1970. $1 project, $2 the job's names
SELECT extract(epoch FROM greatest(
           (SELECT max(scheduled_at) FROM linkhaul.run
            WHERE project = $1 AND job = ANY ($2::text[])),
           (SELECT max(scheduled_at) FROM linkhaul.missed_start
            WHERE project = $1 AND job = ANY ($2::text[]))))::bigint,
       (SELECT max(r.budget_night) - date '1970-01-01' FROM linkhaul.run AS r
        WHERE r.project = $1 AND r.job = ANY ($2::text[]) AND r.state = 'open'
          AND r.scheduled_at IS NOT NULL AND r.stop_asked_at IS NULL
          AND EXISTS (SELECT FROM linkhaul.listing AS l
                      WHERE l.run_id = r.run_id AND l.state = 'open' AND l.completeness IS NULL))
