-- Books a call whose page is in, in the transaction of its rows: the attempt, the slice's checkpoint
-- and the listing's counts. Touches nothing, and gives 0, where the attempt was booked before, or the
-- page before it in a chain has not landed.
-- $1 attempt, $2 state, $3 charge or null, $4 HTTP status, $5 status code, $6 task, $7 message,
-- $8 bytes, $9 milliseconds, $10 items, $11 rows, $12 rejects, $13 extra, $14 cleaned,
-- $15 listing, $16 slice, $17 walk, $18 position, $19 token or null, $20 total_count or null,
-- $21 whether the slice is at its end, $22 the count of the whole listing where it tells that, or null
WITH booked AS (
    UPDATE linkhaul.attempt
    SET state = $2, is_page = true, charged_nanousd = $3::bigint,
        http_status = nullif($4::integer, 0), status_code = nullif($5::integer, 0), task_id = $6,
        message = left($7, 500), body_bytes = $8::bigint, elapsed_ms = $9::bigint,
        n_items = $10::bigint, n_rows = $11::bigint, n_rejects = $12::bigint,
        n_extra = $13::bigint, n_cleaned = $14::bigint, booked_at = now()
    WHERE attempt_id = $1::uuid AND state IN ('reserved', 'unknown')
      AND listing_id = $15::bigint AND slice_no = $16::integer
    RETURNING listing_id, slice_no, position
), moved AS (
    UPDATE linkhaul.slice AS s
    SET walk = $17, position = $18::bigint, token = $19,
        total_count = coalesce($20::bigint, s.total_count), is_ended = $21::boolean
    FROM booked
    WHERE s.listing_id = booked.listing_id AND s.slice_no = booked.slice_no
      -- A chain's pages land one behind the other, or the checkpoint would pass over a hole.
      AND ($17 <> 'chain' OR s.position = booked.position)
    RETURNING s.listing_id
), counted AS (
    UPDATE linkhaul.listing AS l
    SET n_items = l.n_items + $10::bigint, n_rows = l.n_rows + $11::bigint,
        n_rejects = l.n_rejects + $12::bigint, n_extra = l.n_extra + $13::bigint,
        n_cleaned = l.n_cleaned + $14::bigint,
        whole_count = coalesce($22::bigint, l.whole_count)
    FROM moved
    WHERE l.listing_id = moved.listing_id AND l.state IN ('open', 'abandoned')
    RETURNING l.listing_id
)
SELECT count(*) FROM counted
