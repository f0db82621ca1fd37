-- Asks the service for a start of each of these jobs, and wakes it. $1 projects, $2 their jobs, $3 night or
-- null, $4 whether their open runs are to be closed
WITH asked AS (
    INSERT INTO linkhaul.wanted_start (project, job, night, is_fresh)
    SELECT p.project, p.job, $3::date, $4::boolean
    FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS p (project, job, place)
    ORDER BY p.place
    RETURNING start_id
)
SELECT start_id, pg_notify('linkhaul_start', '') FROM asked
