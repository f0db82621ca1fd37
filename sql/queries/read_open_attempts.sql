-- Calls of the open run that were reserved and never booked: $1 project, $2 job
SELECT a.attempt_id, a.listing_id, a.slice_no, a.position
FROM linkhaul.run AS r
JOIN linkhaul.attempt AS a ON a.run_id = r.run_id AND a.state = 'reserved'
WHERE r.project = $1 AND r.job = $2 AND r.state = 'open'
ORDER BY a.reserved_at, a.attempt_id
