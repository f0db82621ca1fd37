-- A start that was not made. $1 project, $2 job, $3 its scheduled time in seconds since 1970,
-- $4 night in days since 1970, $5 how many starts of that night it stands for, $6 why
INSERT INTO linkhaul.missed_start (project, job, scheduled_at, night, starts, reason)
VALUES ($1, $2, to_timestamp($3::bigint), date '1970-01-01' + $4::integer, $5::bigint, $6)
