-- The run of that number, or the newest of these jobs, with how many of its listings are in which
-- state. $1 numbers or jobs, or project/job
SELECT r.run_id, CASE WHEN r.project <> 'default' THEN r.project || '/' ELSE '' END || r.job, r.night, r.state,
       count(*) FILTER (WHERE l.state = 'open'), count(*) FILTER (WHERE l.state = 'held'),
       count(*) FILTER (WHERE l.state = 'published'),
       count(*) FILTER (WHERE l.state = 'abandoned')
FROM linkhaul.run AS r
LEFT JOIN linkhaul.listing AS l USING (run_id)
WHERE $1::text[] && ARRAY[r.run_id::text, r.job, r.project || '/' || r.job]
GROUP BY r.run_id
ORDER BY r.run_id DESC
LIMIT 1
