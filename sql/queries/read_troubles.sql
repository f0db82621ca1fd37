-- What last went wrong, the newest first: starts that were not made, listings that are not published and
-- why, and calls of the last two days that failed, those of a listing with the same message as one.
-- $1 how many
(SELECT extract(epoch FROM m.recorded_at)::bigint, m.project, m.job, m.reason
 FROM linkhaul.missed_start AS m
 ORDER BY m.recorded_at DESC, m.missed_id DESC
 LIMIT $1::bigint)
UNION ALL
(SELECT extract(epoch FROM coalesce(r.ended_at, (SELECT max(greatest(a.reserved_at, a.booked_at))
                                                  FROM linkhaul.attempt AS a
                                                  WHERE a.listing_id = l.listing_id), l.started_at))::bigint,
        r.project, r.job, format('%s: %s', f.target, l.reason)
 FROM (SELECT * FROM linkhaul.run WHERE replay_of IS NULL ORDER BY run_id DESC LIMIT 1000) AS r
 JOIN linkhaul.listing AS l USING (run_id)
 JOIN linkhaul.feed AS f USING (feed_id)
 WHERE l.state IN ('open', 'held') AND l.reason <> ''
 ORDER BY 1 DESC
 LIMIT $1::bigint)
UNION ALL
(SELECT extract(epoch FROM max(a.reserved_at))::bigint, r.project, r.job,
        format('%s: a call: %s%s%s', f.target, coalesce(a.status_code || ' ', 'HTTP ' || a.http_status || ' ', ''),
               a.message,
               CASE WHEN count(*) > 1 THEN format(' (%s calls)', count(*)) ELSE '' END)
 FROM linkhaul.attempt AS a
 JOIN linkhaul.listing AS l USING (listing_id)
 JOIN linkhaul.run AS r ON r.run_id = l.run_id AND r.replay_of IS NULL
 JOIN linkhaul.feed AS f USING (feed_id)
 WHERE a.reserved_at > now() - interval '2 days' AND NOT a.is_page AND a.message <> ''
 GROUP BY r.run_id, l.listing_id, f.feed_id, a.status_code, a.http_status, a.message
 ORDER BY 1 DESC
 LIMIT $1::bigint)
ORDER BY 1 DESC, 2, 3, 4
LIMIT $1::bigint
