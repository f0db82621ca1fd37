-- Books a page that was loaded again: beside the call that brought it, a row that is no call. It has
-- no charge, no tag, no task and no HTTP status, so nothing that looks for calls takes it for one.
-- $1 attempt, $2 its listing, $3 the attempt whose answer it has, $4 items, $5 rows, $6 rejects,
-- $7 extra, $8 cleaned
INSERT INTO linkhaul.attempt (attempt_id, run_id, listing_id, slice_no, position, page_limit, token,
                              tag, night, day, state, is_page, reserved_nanousd, message, n_items,
                              n_rows, n_rejects, n_extra, n_cleaned, booked_at)
SELECT $1::uuid, l.run_id, l.listing_id, a.slice_no, a.position, a.page_limit, a.token, '', a.night,
       a.day, 'void', true, 0, format('no call: the answer of %s, loaded again', a.attempt_id),
       $4::bigint, $5::bigint, $6::bigint, $7::bigint, $8::bigint, now()
FROM linkhaul.listing AS l, linkhaul.attempt AS a
WHERE l.listing_id = $2::bigint AND a.attempt_id = $3::uuid
