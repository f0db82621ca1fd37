-- The listings that these starts were at: those of their runs but for what was published before. $1 starts
SELECT DISTINCT ON (l.run_id, l.listing_id)
       CASE WHEN r.project <> 'default' THEN r.project || '/' ELSE '' END || r.job, f.target, l.kind,
       l.state = 'published', l.state = 'held', l.completeness, l.reason, l.n_items, l.n_rows,
       l.n_duplicates, l.n_missing
FROM linkhaul.wanted_start AS w
JOIN linkhaul.run AS r USING (run_id)
JOIN linkhaul.listing AS l USING (run_id)
JOIN linkhaul.feed AS f USING (feed_id)
WHERE w.start_id = ANY ($1::bigint[]) AND l.state <> 'abandoned'
  AND (l.published_at IS NULL OR l.published_at >= w.taken_at)
ORDER BY l.run_id, l.listing_id
