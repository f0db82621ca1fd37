-- Calls that the spool knows and the database has lost with its last commits (a fail-over): they
-- come back as unknown, so that no cap refuses what has happened. Gives those that came back.
-- $1 attempts, $2 run, $3 listings, $4 slices, $5 positions, $6 tokens, $7 items of a page, $8 tags,
-- $9 worst cases, $10 sent at, milliseconds since 1970
INSERT INTO linkhaul.attempt (attempt_id, run_id, listing_id, slice_no, position, token, page_limit,
                              tag, reserved_nanousd, night, day, state, reserved_at, booked_at)
SELECT a.attempt, r.run_id, a.listing, a.slice, a.pos, a.token, a.items, a.tag, a.worst,
       r.budget_night, coalesce(r.day, (to_timestamp(a.sent / 1000.0) AT TIME ZONE r.account_timezone)::date), 'unknown',
       to_timestamp(a.sent / 1000.0), now()
FROM unnest($1::uuid[], $3::bigint[], $4::integer[], $5::bigint[], $6::text[], $7::bigint[],
            $8::text[], $9::bigint[], $10::bigint[])
     AS a (attempt, listing, slice, pos, token, items, tag, worst, sent)
JOIN linkhaul.run AS r ON r.run_id = $2::bigint
JOIN linkhaul.listing AS l ON l.listing_id = a.listing AND l.run_id = r.run_id
JOIN linkhaul.slice AS s ON s.listing_id = a.listing AND s.slice_no = a.slice
ON CONFLICT (attempt_id) DO NOTHING
RETURNING attempt_id
