-- Calls of a run that have not been settled, the oldest first: $1 run. Whether they were booked as
-- unknown, how many milliseconds ago they were reserved, and how much.
SELECT a.attempt_id, a.listing_id, a.slice_no, a.position, a.state = 'unknown',
       (extract(epoch FROM now() - a.reserved_at) * 1000)::bigint, a.reserved_nanousd
FROM linkhaul.attempt AS a
WHERE a.run_id = $1::bigint AND a.state IN ('reserved', 'unknown') AND NOT a.is_page
ORDER BY a.reserved_at, a.attempt_id
