-- $1 attempt, $2 run, $3 listing, $4 slice, $5 position, $6 token or null, $7 items of the page,
-- $8 tag, $9 its worst case. The trigger on attempt refuses what does not fit the cap.
INSERT INTO linkhaul.attempt (attempt_id, run_id, listing_id, slice_no, position, token, page_limit,
                              tag, reserved_nanousd, night)
SELECT $1::uuid, run_id, $3::bigint, $4::integer, $5::bigint, $6, $7::bigint, $8, $9::bigint,
       budget_night
FROM linkhaul.run
WHERE run_id = $2::bigint AND state = 'open'
