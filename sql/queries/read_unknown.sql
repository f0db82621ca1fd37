-- Calls of an account whose charge is unknown, the oldest first: $1 account, $2 runs that somebody
-- else looks after. Milliseconds since
-- they were reserved, and since 1970; whether its page came all the same.
SELECT a.attempt_id, a.run_id, a.listing_id, a.slice_no, a.position,
       (extract(epoch FROM now() - a.reserved_at) * 1000)::bigint,
       (extract(epoch FROM a.reserved_at) * 1000)::bigint, a.is_page
FROM linkhaul.attempt AS a
JOIN linkhaul.run AS r USING (run_id)
WHERE a.state = 'unknown' AND r.account = $1 AND a.run_id <> ALL ($2::bigint[])
ORDER BY a.reserved_at, a.attempt_id
