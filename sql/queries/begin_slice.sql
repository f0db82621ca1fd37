-- $1 listing, $2 slice, $3 items of a page, $4 order as it is sent, or null
INSERT INTO linkhaul.slice (listing_id, slice_no, page_limit, order_by)
VALUES ($1::bigint, $2::integer, $3::bigint, $4::json)
