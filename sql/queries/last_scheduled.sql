-- The last scheduled time of a job that a run was started for, or that is recorded as missed, in
-- seconds since 1970; null: there is none. $1 project, $2 the job's names
SELECT extract(epoch FROM greatest(
    (SELECT max(scheduled_at) FROM linkhaul.run WHERE project = $1 AND job = ANY ($2::text[])),
    (SELECT max(scheduled_at) FROM linkhaul.missed_start
     WHERE project = $1 AND job = ANY ($2::text[]))))::bigint
