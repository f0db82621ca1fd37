-- What the server may still count of an account's calls, made by whichever process: $1 account,
-- $2 a minute and $3 the longest that a call runs, both in milliseconds. For each, how many
-- milliseconds ago it was sent, and ago its end came; null where it may still run.
SELECT a.attempt_id, (extract(epoch FROM now() - a.reserved_at) * 1000)::bigint,
       CASE WHEN a.state NOT IN ('reserved', 'unknown') OR a.http_status IS NOT NULL
            THEN (extract(epoch FROM now() - a.booked_at) * 1000)::bigint END
FROM linkhaul.attempt AS a
JOIN linkhaul.run AS r USING (run_id)
WHERE r.account = $1
  AND a.reserved_at > now() - ($2::bigint + $3::bigint) * interval '1 millisecond'
  AND (a.booked_at IS NULL OR a.state IN ('unknown', 'undelivered') OR a.http_status IS NOT NULL)
ORDER BY a.reserved_at
